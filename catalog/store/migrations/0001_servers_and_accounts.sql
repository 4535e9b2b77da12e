CREATE TABLE server (
	name    TEXT PRIMARY KEY COLLATE NOCASE,
	type    TEXT NOT NULL,
	options BLOB NOT NULL -- sealed JSON object
) STRICT;

CREATE TABLE accounts (
	id   INTEGER PRIMARY KEY CHECK (id = 1),
	data BLOB NOT NULL -- sealed
) STRICT;
