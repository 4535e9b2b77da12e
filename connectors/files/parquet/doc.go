// Package parquet reads Apache Parquet files into Arrow vectors of the engine's types.
//
// A File is a parsed footer: columns in MySQL's types, row groups, statistics. It is immutable and shared through a Cache
// keyed by the object's version, so that a file's footer is read once. A GroupReader decodes chosen columns of one row
// group, batch by batch, from bytes that the caller fetches piece by piece (File.Pieces says which): of each column it
// holds a piece, a page and the dictionary, and a batch is cut where it grows long, so that the size of a row group does
// not matter.
//
// Columns that are not nested are decoded here, page by page and straight into Arrow buffers: every encoding of the
// format, data pages of both versions, definition levels into validity bitmaps, dictionaries converted to the column's
// type once per chunk. Decimals of up to 18 digits become Decimal64 whatever their physical form. Nested columns, and
// decimals in variable-length form, go through arrow-go and become JSON text; arrow-go also parses the footer.
//
// Conditions drop rows while they are decoded (window.go). What a condition says of a column with a dictionary is found out
// once for each entry; columns that no condition reads are decoded last, of pages without a row that is left not even the
// compression is undone.
//
// Statistics are read in the file's own physical and logical type, never in one declared elsewhere, and only where the
// format defines their order (Bounds). They are bounds: a writer may have cut a long text short.
//
// A file is hostile until proven otherwise: a length is checked before it is used, memory is bounded by the bytes present
// and by maxPage, and what is malformed is sqlerr.Corrupt with the file's location. Checksums are verified where present.
//
// Of a large row group only chosen rows can be read (Selection): pages without one of them are not fetched where the page
// index says where they lie. Their bounds, from the same index, tell which rows to choose (PageIndex.Spans).
//
// Pages of remote files that are read more than once stay decompressed, within a number of bytes (pageCache).
//
// The package assumes a little-endian machine. It does not decrypt, does not read bloom filters, and does not write.
package parquet
