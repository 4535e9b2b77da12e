// Package lake reads tables that are files in an object store: a location, a schema, and a list of files with the values
// of their partition columns.
//
// Connectors that find such tables (a folder of files, a metastore, a table format's manifests) resolve a name to
// a Spec; Describe makes a table of it, and Pushdown, Statistics and the fragment behind a plan.Remote are the same for
// all. The files of a Spec lie in folders that share their partition values (Listing). A folder need not be listed before
// a query wants its files.
//
// All files of a table have one format (files.Format), unless a declared table says which a file has. What the package knows of formats is in package files: below, a part
// is a row group of Parquet, a block or a stretch of a text, and what is said of statistics and indexes holds for formats
// that have them.
//
// A table's columns are those of its files, matched by name, exactly or else letters' case aside: a file without a column
// yields NULL for it, and one that has it in a narrower type is converted (widen.go). Two types without one that has the values
// of both exactly are an error that names both files. Of a table of very many
// files, or of folders that are not all listed, the columns and the statistics come from a sample. Only statistics may be wrong for that: every column is then
// nullable, and each file's types are compared with the table's before it is read. A column that no sampled file has is
// not shown, which a scan that meets it warns of.
//
// # What is pushed down
//
// A scan reads only the chunks of the columns it yields. Filters prune: a conjunct is evaluated over intervals, with
// three-valued logic, on the partition values of a file and the statistics of a part, and what it can't be true for
// is not read. So are the pages of a large part where the file has an index of them (pages.go). A conjunct whose value
// every file's partition values decide is taken exactly; every other one stays above as well. Conjuncts of a dynamic filter
// prune when splits are made and once more when a split is opened. Rows that a cheap conjunct or the keys of a join rule out
// are dropped while they are decoded (rowFilter). A small LIMIT reads no more parts than it needs.
//
// A split is a few parts, or a block of a part whose rows are found only one after the other (files.Divisible). The splits
// of one execution share a blob.Fetcher, which reads the next ones ahead, and of a small file all when it is opened. What they hold of the files is bounded however
// large the parts are: execution.go says by what.
//
// # Declared tables
//
// A table format such as Iceberg keeps columns and files in metadata of its own. Declare makes a table of these without opening a file: columns are
// matched by their ids, or in all files by names of the format's own (Declared.ByName), a file without one has its default, and each scan asks the format for the files that its conjuncts leave
// (Declared.Plan). What the format knows of a file (Metadata) prunes it before it is opened, by dynamic filters too. Rows that
// the table does not have any more (Deletes) are told by their number in the file and their values; of such a file
// whole row groups are read, and no condition drops rows before they are counted.
//
// What a format knows of a table is a table too (DescribeRows).
//
// The package writes nothing. Who finds a table's files by itself must refuse those that have delete files.
package lake
