-- Which records could not be read, and why? The record itself stays in its file; nothing personal is kept here.
-- Grain: one row per refused record, or per file that could not be read at all.
-- Key: source, source_file, source_row
select
    q.source_folder as source, -- landing folder
    m.path, -- file under landing
    q.source_file, -- hash of the file's content
    q.source_row, -- line or element in the file; 0 for an empty file
    q.reason, -- why it was refused
    q.is_file_problem, -- the whole file is the problem
    q.raw_hash -- hash of the refused record
from _quarantine as q
inner join manifest as m on q.source_folder = m.source_folder and q.source_file = m.source_file
