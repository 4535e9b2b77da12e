// Package iceberg serves the tables of an Apache Iceberg warehouse, of format versions 1 to 3.
//
//	warehouse     a bucket or folder of any store of package storage, whose options there are besides: all files of the tables lie below it
//	catalog       folder (default), sqlite, postgres, rest or glue
//	catalog_file  of a SQL catalog in a SQLite file
//	catalog_url, catalog_password   of a SQL catalog in a Postgres database
//	catalog_name  of a SQL catalog: which one, if the database holds several
//	catalog_url, catalog_warehouse   of a REST catalog: where it is, and which of its warehouses
//	catalog_url, catalog_id, region, access_key and others of AWS   of Glue, for warehouses in S3 and folders
//	token, credential, oauth_url, scope   what it asks for: a token, or id:secret to get one with
//	admission     how many statements read the source at a time
//
// A namespace of several levels has dots in its name. Without a catalog tables are folders of the warehouse, or of folders in it, that have a
// folder `metadata`; the newest of the metadata files there is current.
//
// # Who does what
//
// iceberg-go parses metadata and manifests, plans scans and is the client of REST catalogs. Planning leaves the manifests and
// files of partitions that conditions select, by any transform, and matches files with those that delete their rows (plan in
// source.go). For that, conditions are translated (filter.go): as far as Iceberg's comparison is MySQL's, since package
// lake prunes by all of them again, by the bounds that manifests have of each file (manifest.go) and then by row group and page.
// Package lake reads the data, with columns by field id. Files that iceberg-go asks for come through the same blob.Store
// (fileio.go), none from outside the warehouse whatever metadata say.
//
// A plan.Table is bound to one metadata file and a snapshot in it: the current one, or what AS OF names (version.go). Tables of metadata (metadata.go, partitions.go)
// have a $ in their names and tell of such a version; they are not listed. Metadata, manifests and data files are
// written once: they are cached by their names, and data files are read without a version of theirs.
//
// Deleted rows (deletes.go) are told by position, from delete files or deletion vectors, and by the values of columns. What says so is read
// when a data file of them is first opened, once in each execution, and charged to the query.
package iceberg
