-- Which records could not be read, and why? The record itself stays in its file; nothing personal is kept here.
-- Grain: one row per refused record, or per file that could not be read at all.
-- Key: source, source_file, source_row
select
    source_folder as source, -- landing folder
    path, -- file under landing
    source_file, -- hash of the file's content
    source_row, -- line or element in the file; 0 for an empty file
    reason, -- why it was refused
    is_file_problem, -- the whole file is the problem
    raw_hash -- hash of the refused record
from _quarantine
