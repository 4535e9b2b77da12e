// Package build turns a plan into operators: one switch over the plan's nodes.
//
// It chooses among the executor's operators by what a node says (keys or not, kind of join), compiles expressions
// once per stream, keeps columns that nobody above reads out of join results, and connects the filters that joins
// learn at run time with the remote scans under them. It does no cost decisions: those are in the plan.
package build
