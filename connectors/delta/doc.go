// Package delta serves tables of Delta Lake, each of which is a folder with a log.
//
//	url           a bucket or folder of any store of package storage, whose options there are besides, or the folder of one table: all files lie below it
//	layout        table (default): tables are the folders of the url; schema/table: they lie in folders that are namespaces
//	admission     how many statements read the source at a time
//
// # From the log to a table
//
// A version is what the newest checkpoint up to it says, and the commits after that (segment in logfiles.go, replay in snapshot.go). A line of a
// commit and a row of a checkpoint are the same action (action.go): package lake reads checkpoints as nested columns, which come as JSON
// (checkpoint.go). What is left are a protocol, which names what readers must know, the schema (schema.go) and the data files. A snapshot is kept, and the next
// version is made of it and of the commits since (version.go).
//
// Package lake reads the data files, as of a table whose format declares columns and files. It has the values of partition columns and bounds of
// the others from the log (stats.go), whose texts values.go reads, and rows that are deleted from deletion vectors (vector.go). Nothing
// is concluded from statistics but that a file has no row that a query wants.
//
// AS OF names a version by its number or a moment (version.go). Tables that tell of a version (history.go) have a $ in their names and are not listed.
//
// # Trust
//
// A log is input like any other: sizes, numbers and paths are checked where they are decoded, and no file outside the url is read, whatever a
// log says. Data files are written once: they are read without a version of theirs, and what VACUUM removed is an error.
package delta
