CREATE TABLE view (
	database   TEXT NOT NULL COLLATE NOCASE,
	name       TEXT NOT NULL COLLATE NOCASE,
	definition BLOB NOT NULL, -- as the front end wrote it
	PRIMARY KEY (database, name)
) STRICT;
