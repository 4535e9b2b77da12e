// Package plan is the relational algebra the engine optimizes and runs: about twenty nodes over columns with unique
// ids.
//
// A node is immutable once built; a rule makes new nodes and shares the rest. Its schema is a list of columns, each
// with an id that no other node of the statement defines: a node either passes a column of its input on under the
// same id or defines a new one. Two references to one table therefore scan different ids, and an expression is valid
// wherever its ids are.
//
// Subqueries are relations too: the binder puts an Apply under the node whose expression held the subquery and the
// expression reads the Apply's column. Decorrelation turns Apply into Join.
//
// Work below a Remote leaf runs in its source; work above it runs here. The planner pushes that line up while the
// answer stays exactly the same and the cost model says it pays.
//
// The package prints plans (Format) and checks them (Verify); it does not transform or run them and knows no source.
//
// Describe is what EXPLAIN says of a plan, as text and as JSON: the names in the latter are a promise to programs
// (ExplainVersion).
package plan
