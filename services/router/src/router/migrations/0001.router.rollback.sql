DROP TABLE desk_requests;
DROP TABLE desk_disputes;
DROP TABLE desk_tasks;
