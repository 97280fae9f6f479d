-- What records are searched by is given to SQLite's full text with those that are created together. A trigger did so row by
-- row, and full text was written out for every statement.
{{sqlite}}
drop trigger teams_search_insert;
drop trigger users_search_insert;
drop trigger companies_search_insert;
drop trigger contacts_search_insert;
{{end}}
