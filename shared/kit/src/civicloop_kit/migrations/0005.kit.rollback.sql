ALTER TABLE case_rows RESET (toast_tuple_target);
