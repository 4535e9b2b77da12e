// Package text is what file formats of lines have in common, such as CSV and JSON lines: a format finds records and the cells
// in them (Syntax), and the rest is here.
//
// A file is read from its start: pieces come in order, are decompressed where the file's name says so, and are cut into
// blocks at the end of a record, each of which is decoded by itself (files.Divisible). A block keeps the number of its first
// line, for messages. Only a record that does not fit makes a block longer, up to LongestRecord.
//
// Decoding goes in two steps, a batch at a time. The syntax notes where the cells of each record lie (Grid), without
// looking at columns that nobody reads. Then each column is converted by a loop of its own.
//
// # Types
//
// The types of columns are guessed from the first rows of a file (Guess):
//
//	true, false                           TINYINT(1)
//	whole numbers                         BIGINT, beyond 64 bits DECIMAL(38,0)
//	numbers with a point                  DECIMAL(38,s), past 38 digits DECIMAL(65,s): what is written is exact, and is kept so
//	  of varying digits, more than 4      DOUBLE: they are measured or computed
//	numbers with an exponent, NaN, inf    DOUBLE
//	2024-02-29                            DATE
//	2024-02-29 12:30[:15[.123456]]        DATETIME; with T for the space as well
//	the same with Z or +02:00             TIMESTAMP
//	12:30:15[.123456]                     TIME
//	anything else, numbers such as 007    LONGTEXT
//	objects and arrays, in JSON           JSON
//
// A number with a leading zero is a code, such as a postal one, that would not come back as it was.
package text
