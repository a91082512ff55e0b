-- Rows of a few kilobytes stay as they are: to press one together takes longer than to save it, and
-- it is read again with the next record of its case.
-- depends: 0004.kit

ALTER TABLE case_rows SET (toast_tuple_target = 8160);
