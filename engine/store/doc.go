// Package store converts values into columns as MySQL's writes do (MySQL 8.0 manual, chapter 11 and 5.1.11). It is neither a CAST nor a
// comparison: text has to be a number from its first character to its last, a number has to be in the column's range, and what a mode
// allows to be changed is told.
//
// In strict mode what a column can't hold is an error that names the column and the row of the statement; else the nearest value that it
// can hold, and a warning. Digits that are rounded off a DECIMAL, spaces that are cut and a time of day that a DATE has no place for are notes
// in any mode. A document that is none is always an error, and so is a date that is not in the calendar: there is no place for MySQL's zero
// dates.
package store
