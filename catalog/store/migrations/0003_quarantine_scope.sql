-- Two different statements were answered wrongly with it; before there was the difference, one was enough.
ALTER TABLE quarantine ADD COLUMN global INTEGER NOT NULL DEFAULT 1;
