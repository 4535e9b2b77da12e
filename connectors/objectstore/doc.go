// Package objectstore serves the Parquet files of a bucket or folder as tables.
//
//	url           s3://bucket/prefix, file:///folder or /folder
//	endpoint      of an S3-compatible store; absent: AWS
//	region        absent: the environment's
//	access_key, secret_key   absent: the environment's default credential chain
//	anonymous     true: requests are not signed
//	path_style    http://endpoint/bucket instead of http://bucket.endpoint; true where an endpoint is given
//	layout        table (default) or schema/table
//	nonfinite     null (default): NaN, infinities and dates outside years 1 to 9999 are NULL; error: they are refused
//
// Under the prefix, the folder `orders/` with Parquet files at any depth and the file `orders.parquet` are both the table
// `orders`; having both is an error. Folders named `key=value` are partition columns. With layout schema/table, tables lie
// one folder deeper, and the folder is their namespace. What is empty, or begins with `_` or `.`, is no data. A folder
// that is a Delta, Iceberg or Hudi table is refused: read as plain files it would show deleted rows.
//
// Listing tables asks the store for folders and never walks them, so a folder is listed before anyone knows what it holds.
// Describing a table lists all of its files; their ETags decide whether cached footers still hold.
package objectstore
