// Package avro reads Avro object container files (avro.apache.org/docs/1.12.0/specification/).
//
// A file begins with the schema of its rows in JSON (schema.go), which is parsed here: what libraries make of it depends on global
// switches for names that the specification forbids and writers use, and they do not know moments in nanoseconds. Blocks of rows
// follow, each compressed and ended by a marker. A block says how long it is and nothing of its values, so a file is one part
// that is read from its start and cut between blocks, and several readers decompress and decode blocks at the same time
// (container.go).
//
// Rows are decoded field after field straight into the builders of vectors (vector.go). What is not read is passed over, fields
// of a fixed size together, and without any columns nothing is decompressed. Records, arrays, maps and unions of several types
// become JSON text (json.go), in which a union is its value without the name of its branch.
//
// A file is hostile until proven otherwise. No length is believed beyond the bytes that are there, what blocks decompress to is
// bounded by a multiple of these, and what takes no bytes in the file (records without fields, arrays of null) by limits of its own.
package avro
