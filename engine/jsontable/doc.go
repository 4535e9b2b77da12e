// Package jsontable takes JSON documents apart into rows, as JSON_TABLE does (MySQL 14.17.6). A Table is what the call says:
// the path to the rows, and columns, some of which are nested paths with rows of their own. The package knows no vectors: it
// makes types.Values, one document at a time.
package jsontable
