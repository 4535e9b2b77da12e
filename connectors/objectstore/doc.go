// Package objectstore serves the files of a store or folder as tables: Parquet, CSV, JSON lines,
// Arrow IPC, Avro and ORC.
//
//	url           s3://bucket/prefix, gs://bucket/prefix, az://container/prefix, hdfs://namenode/folder, https://server/folder/,
//	              file:///folder or /folder; the options of each are in the file storage_*.go that reads them
//	layout        table (default) or schema/table
//	nonfinite     null (default): NaN, infinities and dates outside years 1 to 9999 are NULL; error: they are refused
//	format        auto (default): by the files' extensions; parquet, csv, jsonl, arrow, avro or orc: only such files are data
//	types         inferred (default) or text: the types of columns of CSV and JSON lines
//	bad_rows      error (default), null or skip: what becomes of rows of CSV and JSON lines that do not have these types
//	csv_delimiter, csv_quote, csv_escape   absent: detected
//	csv_header    auto (default), true or false
//	csv_null      the unquoted field that is NULL; absent: the empty one
//	tables.<table>.path              of a folder, of a file or, with globs, of files below the url; absent: the table's name
//	tables.<table>.partition_types   of partition columns: month text, day date
//	tables.<table>.format, ...       the options from nonfinite on, for one table
//
// Under the prefix, the folder `orders/` with data files at any depth and the file `orders.parquet`, `orders.csv`,
// `orders.csv.gz` and so on are the table `orders`; having two of them is an error, and so are files of two formats in
// one folder. Folders named `key=value` are partition columns. With layout schema/table, tables lie
// one folder deeper, and the folder is their namespace. What is empty, or begins with `_` or `.`, is no data. A folder
// that is a Delta, Iceberg or Hudi table is refused: read as plain files it would show deleted rows.
//
// Listing tables asks the store for folders and never walks them, so a folder is listed before anyone knows what it holds.
// Describing a table lists its files; their ETags decide whether cached footers still hold. Of a folder of more than
// firstEntries objects in partitions only the folders of these are looked up, which takes one answer of the store for 1,000
// partitions, and a few are listed for a sample. A query lists those that its predicates on partition columns leave, neighbours
// by one request.
package objectstore
