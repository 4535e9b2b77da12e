// Package orc reads ORC files by the specification of ORC v1 (orc.apache.org/specification/ORCv1/), of which comments name the sections.
//
// A file ends with a postscript and a footer (tail.go): its types, and its stripes, each of which is a part. What a stripe has of a
// column lies in streams that its own footer lists, so opening a file reads the footers of all stripes. Streams are compressed in chunks
// (stream.go) and encoded by run lengths (bytes.go, ints1.go, ints2.go), from which columns make vectors (column.go and the files of types).
//
//	stream ──> runs ──> column ──> vector
//	  ↑ pieces of a Section (pieces.go)
//
// Stripes have statistics of their columns (statistics.go), which leave whole stripes out, and an index with those of every 10,000 rows
// or so and where these begin in the streams (index.go): rows of which nothing is wanted are neither fetched nor decoded.
//
// Lists, maps, structs and unions are decoded column by column as well and become JSON text (nested.go).
//
// A file is hostile until proven otherwise. Streams are proven to lie within their stripe, and stripes within the file. Chunks decompress to no
// more than the postscript's block size, which is bounded; no length or count makes room for values before they are read; and what a batch
// may take is bounded whatever texts repeat. Large dictionaries and chunks are charged to the query.
package orc
