// Package arrowipc reads Arrow's IPC formats (arrow.apache.org/docs/format/Columnar.html): files, of which Feather V2 is another name, and streams.
//
// A file ends with a footer that says where its record batches lie; each is a part. One with dictionaries, and a
// stream, is one part that is read from its start, as a dictionary must be known before the batches that use it. Metadata is
// decoded by arrow-go, and so are bodies, all columns of a batch together; only columns that are read are converted to
// the engine's vectors.
//
// A file is hostile until proven otherwise. The metadata of a message is walked before arrow-go sees it (check.go): flatbuffers
// may refer to one table or string any number of times, which is expanded into memory for each. Bodies are bounded by the bytes
// present, what they decompress to by a multiple of these. Whatever arrow-go or a conversion panics of is
// sqlerr.Corrupt with the file's location.
package arrowipc
