// Package files is the interface between a table of files (package lake) and the formats of files. Each format is one
// package below, and what the lake knows of it is here.
//
// A Format opens an object, which reads no more than what describes it, as a File: columns in MySQL's types, and parts that
// can be read alone, such as row groups, blocks or record batches. A Section is some columns of a part about to be read.
// It says which bytes it is made of, in pieces, so that the caller fetches them ahead and within its budget, and yields
// Arrow arrays:
//
//	Format.Open ──> File ──> Section ──> Reader
//	                 │          ↑
//	                 └─ Index ──┘  of an Indexed file: chosen rows only
//
// A format has what its files have. These are interfaces that a File or Section may implement:
//
//	Bounded    a part's statistics, by which whole parts are left out
//	Indexed    bounds of runs of rows within a part, by which pages are left out
//	Divisible  a Section whose rows are found only by reading it from its start, which hands them out in blocks that are
//	           decoded at the same time
//	Consistent files of one table must agree in more than their columns
//
// What else is optional is advice in Options, which a format without use for it ignores: conditions that drop rows while
// they are decoded, and columns that may stay dictionary-encoded.
//
// # Types
//
// The columns of a self-describing format have the types that the file says; the lake compares them between files. Those of
// a format that only holds text are inferred from the first rows (Column.Inferred): the lake merges them over the files of a
// table by Widen, and each file is read in the types of the table (Options.Types). A value that does not have its
// column's type is then an error, or left out as the source's options say (Rejection).
//
// # What every format keeps to
//
// A query reads one version of a file, as all bytes come through blob. What is malformed is sqlerr.Corrupt with the file's
// location, a value that does not fit sqlerr.BadValue with its place. A file is hostile until proven otherwise: no length is
// believed before it is checked, and memory is bounded whatever the file says. Arrays come from Options.Memory.
package files
