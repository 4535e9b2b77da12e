CREATE TABLE quarantine (
	id        INTEGER PRIMARY KEY AUTOINCREMENT,
	source    TEXT NOT NULL COLLATE NOCASE, -- empty: a rule of the optimizer
	what      TEXT NOT NULL,
	since     INTEGER NOT NULL, -- Unix seconds
	statement TEXT NOT NULL,
	UNIQUE (source, what)
) STRICT;
