DROP TABLE task_measures;
DROP TABLE measures;
