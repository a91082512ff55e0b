"""`python -m department_adapter`."""

from department_adapter.main import main

main()
