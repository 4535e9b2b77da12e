package bind

import (
	"go/ast"
	goparser "go/parser"
	"go/token"
	"io/fs"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestEveryKindOfError finds the kinds of error that GMS's packages make in their sources, and fails for one that neither has an errno nor
// is listed here, by how it begins, with the reason why no client sees it.
func TestEveryKindOfError(t *testing.T) {
	unseen := map[string][]string{
		"a defect of GMS, or of who calls it": {
			"%T: invalid ch", "%T: invalid exp", "invalid type: ", "table %q was created but", "expected %d values", "row edit was canceled",
			"invalid SQLVal of", "pid %d is already", "unexpected nil row", "merge join expects", "join expected non-nil", "dropped filters", "unresolved table",
			"any child of DropView", "table is not valid", "can't get name from table", "group by aggregation", "attempted to set field", "exceeded max analysis",
			"failed to parse data", "plan is not resolved", "one or more schema sources", "invalid table spec", "error in analysis",
			"%s: invalid node", "unable to find field with index", "Unimplemented %s.Eval", "function '%s' is already", "time in function", "function '%s' encountered",
			"negative Repeat count", "division by zero", "nil operand found", "Decimal cannot marshal", "value not nil",
			"unknown constraint definition", "Variable '%s' was initialized", "indexable table does not support",
			"invalid driver index", "binary types must have", "value of type %T", "Value of type %T", "duplicate entry: %v",
			"proper Full-Text support", "expression %q with type", "%T is unsupported for inserts",
			"index %q is still not", "using EXPLODE", "memory: key not found", "no partitions", "joining string histograms",
			"an index with id", "treeprinter: ", "attempted to general a window", "Operation '%s' failed", "Timeout acquiring lock", "Lock '%s' does not",
			"unsupported join reorder", "encountered the RangeType", "there is already an index registered", "cannot add to a close", "unable to sort",
			"value at %d has", "expecting all case branches", "cannot insert row; matching", "aggregation missing window", "index %q was not found",
			"sqlredact: ", "attempting to simplify", "can't delete index", "the expression `%s` could not", "this table has no AUTO_INCREMENT",
		},
		"of definitions and writes, which mostly have their words in refusals": {"error: can't modify database", "only datetime/timestamp may", "default value ", "Default value expression", "cannot drop ",
			"cannot truncate table", "no schema has been selected", "can't create schema", "Invalid constraint expression", "Check constraint",
			"can't alter column", "Constraint %q does not", "table %s cannot", "unable to create a unique index", "cannot add or update", "cannot delete or update",
			"the foreign key must", "column type mismatch", "the table does not support", "cannot create a foreign key", "cannot have duplicate",
			"temporary tables do not", "foreign key ", "\"SET DEFAULT\"", "cannot use SET NULL", "column `%s` must allow", "missing index for foreign key", "TEXT/BLOB are not",
			"unable to change type", "Foreign key cascade", "invalid identifier", "error: Table copying",
			"error: can't drop index", "All parts of", "a SPATIAL index", "incorrect usage of SRID", "prefix index on", "Column '%s' has a functional", "invalid constraint definition: %s", "table does not support FULLTEXT", "database does not support FULLTEXT",
			"Full-Text index", "all Full-Text columns", "a vector index", "The value specified for generated", "Defining a virtual", "Incorrect usage of DEFAULT",
			"JSON column", "Invalid ON UPDATE", "new enum type change", "Cannot add foreign key", "table doesn't support AUTO_INCREMENT", "cannot convert type",
			"unknown columns to index", "alter table index action", "cannot create an index", "table %s does not support AUTO", "table %s has no AUTO", "The SRID of the geometry", "VECTOR dimension", "cannot convert BINARY(%d)", "There is already a spatial",
		},
		"of stored programs, which nobody can create here": {
			"Invalid CREATE", "Can't update table", "trigger \"%s\" cannot", "database \"%s\" doesn't support versioned", "recursive CALL", "CALL ... AS OF", "`%s` statements are",
			"overloaded stored", "received `%T`", "external stored", "an external stored", "There is no %s row", "Updating of", "DECLARE ", "condition %s", "duplicate ",
			"redefining label", "%s with no matching", "cursor ", "incorrect number of FETCH", "SIGNAL/RESIGNAL",
		},
		"of a binary log, which there is none of":          {"The BINLOG statement", "Only Format_description"},
		"of spatial types, as which no source has columns": {"the string '%v'", "SRID ", "unsupported spatial", "unsupported geospatial", "%s received non-point", "the geometry passed"},
	}
	dir, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "github.com/dolthub/go-mysql-server").Output()
	if err != nil {
		t.Fatal(err)
	}
	used := make(map[string]bool)
	found := kindsIn(t, filepath.Join(strings.TrimSpace(string(dir)), "sql"))
	if len(found) < 300 {
		t.Fatalf("only %d kinds of error", len(found))
	}
	for name, message := range found {
		if slices.ContainsFunc(kinds, func(k errorKind) bool { return k.kind.Message == message }) {
			continue
		}
		known := slices.ContainsFunc(texts, func(k errorText) bool { return strings.HasPrefix(message, k.begins) })
		for _, beginnings := range unseen {
			for _, b := range beginnings {
				if strings.HasPrefix(message, b) {
					known, used[b] = true, true
				}
			}
		}
		if !known {
			t.Errorf("%s: %q has no errno", name, message)
		}
	}
	for reason, beginnings := range unseen {
		for _, b := range beginnings {
			if !used[b] {
				t.Errorf("%s: no kind of error begins with %q", reason, b)
			}
		}
	}
}

// kindsIn returns the messages of the exported kinds of error that are variables in the sources below a folder, by their names.
func kindsIn(t *testing.T, dir string) map[string]string {
	t.Helper()
	found := make(map[string]string)
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := goparser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		for _, decl := range file.Decls {
			vars, ok := decl.(*ast.GenDecl)
			if !ok || vars.Tok != token.VAR {
				continue
			}
			for _, spec := range vars.Specs {
				v := spec.(*ast.ValueSpec)
				for i, value := range v.Values {
					call, ok := value.(*ast.CallExpr)
					if ok && v.Names[i].IsExported() && strings.HasPrefix(v.Names[i].Name, "Err") && len(call.Args) > 0 {
						if message, ok := constantText(call.Args[0]); ok {
							found[file.Name.Name+"."+v.Names[i].Name] = message
						}
					}
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// constantText is the value of a text that may be put together of several.
func constantText(e ast.Expr) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		text, err := strconv.Unquote(e.Value)
		return text, err == nil
	case *ast.BinaryExpr:
		left, ok := constantText(e.X)
		right, also := constantText(e.Y)
		return left + right, ok && also
	}
	return "", false
}
