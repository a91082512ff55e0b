DROP TABLE remarks;
DROP TABLE updates;
DROP TABLE tasks;
DROP TABLE departments;
