package scratchsql

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/silogate/silogate/catalog/scratch"
	"github.com/silogate/silogate/engine/bind"
	"github.com/silogate/silogate/engine/types"
)

// CreateTable returns the CREATE TABLE of a table of package scratch, as MySQL shows it; ok is false for any other.
func CreateTable(ctx *sql.Context, t sql.Table) (statement string, ok bool) {
	own, ok := t.(*table)
	if !ok {
		return "", false
	}
	def := own.def
	var lines []string
	for _, c := range def.Columns {
		if !c.Hidden {
			lines = append(lines, columnLine(def, c))
		}
	}
	if len(def.Primary) > 0 {
		lines = append(lines, "PRIMARY KEY ("+partList(def, def.Primary)+")")
	}
	for _, unique := range []bool{true, false} {
		for _, k := range def.Keys {
			if k.Unique == unique {
				lines = append(lines, keyLine(def, k))
			}
		}
	}
	byName := func(a, b scratch.ForeignKey) int { return strings.Compare(a.Name, b.Name) }
	for _, k := range slices.SortedFunc(slices.Values(def.ForeignKeys), byName) { // as InnoDB keeps them
		lines = append(lines, foreignKeyLine(own.database, k))
	}
	for _, c := range def.Checks {
		line := fmt.Sprintf("CONSTRAINT %s CHECK (%s)", bind.QuotedName(c.Name), c.SQL)
		if !c.Enforced {
			line += " /*!80016 NOT ENFORCED */"
		}
		lines = append(lines, line)
	}
	var b strings.Builder
	b.WriteString("CREATE ")
	if own.temporary {
		b.WriteString("TEMPORARY ")
	}
	fmt.Fprintf(&b, "TABLE %s (\n  %s\n) ENGINE=InnoDB", bind.QuotedName(def.Name), strings.Join(lines, ",\n  "))
	if next, err := own.PeekNextAutoIncrementValue(ctx); err == nil && next > 1 {
		fmt.Fprintf(&b, " AUTO_INCREMENT=%d", next)
	}
	collation := own.Collation()
	fmt.Fprintf(&b, " DEFAULT CHARSET=%s COLLATE=%s", collation.CharacterSet().Name(), collation.Name())
	if def.Comment != "" {
		b.WriteString(" COMMENT=" + types.QuoteLiteral(def.Comment))
	}
	return b.String(), true
}

func columnLine(def *scratch.Definition, c scratch.Column) string {
	line := bind.QuotedName(c.Name) + " " + shownType(def, c)
	if c.Generated != nil {
		kind := "STORED"
		if c.Virtual {
			kind = "VIRTUAL"
		}
		line += " GENERATED ALWAYS AS (" + unparenthesized(*c.Generated) + ") " + kind
	}
	switch {
	case !c.Nullable:
		line += " NOT NULL"
	case c.Type.Kind == types.Timestamp:
		line += " NULL"
	}
	switch {
	case c.AutoIncrement:
		line += " AUTO_INCREMENT"
	case c.Default != nil:
		line += " DEFAULT " + shownDefault(c)
	case c.Nullable && c.Generated == nil && hasDefault(c.Type):
		line += " DEFAULT NULL"
	}
	if c.OnUpdate != nil {
		line += " ON UPDATE " + *c.OnUpdate
	}
	if c.Comment != "" {
		line += " COMMENT " + types.QuoteLiteral(c.Comment)
	}
	return line
}

// hasDefault reports whether MySQL shows that a column has no default: a BLOB, TEXT or JSON can't have one that is a literal.
func hasDefault(t types.Type) bool {
	return t.Kind != types.Text && t.Kind != types.Blob && t.Kind != types.JSON
}

// shownType is the type with the collation where it is not the table's.
func shownType(def *scratch.Definition, c scratch.Column) string {
	t, err := parseType(c.SQLType)
	if err != nil || c.Number() != (types.Number{}) {
		return c.SQLType
	}
	return typeText(t, sql.CollationID(def.Collation))
}

// shownDefault quotes what MySQL keeps as a text: all literals.
func shownDefault(c scratch.Column) string {
	text := *c.Default
	if bits, err := strconv.ParseUint(text, 10, 64); err == nil && c.Type.Kind == types.Bit {
		return "b'" + strconv.FormatUint(bits, 2) + "'"
	}
	switch {
	case text == "":
		return "''"
	case strings.HasPrefix(text, "'"), strings.HasPrefix(text, "("), strings.EqualFold(text, "NULL"),
		strings.HasPrefix(strings.ToUpper(text), "CURRENT_TIMESTAMP"), strings.HasPrefix(text, "b'"), strings.HasPrefix(text, "0x"):
		return text
	}
	return types.QuoteLiteral(text)
}

func unparenthesized(text string) string {
	if strings.HasPrefix(text, "(") && strings.HasSuffix(text, ")") {
		return text[1 : len(text)-1]
	}
	return text
}

func keyLine(def *scratch.Definition, k scratch.Key) string {
	line := "KEY " + bind.QuotedName(k.Name) + " (" + partList(def, k.Parts) + ")"
	if k.Unique {
		line = "UNIQUE " + line
	}
	if k.Comment != "" {
		line += " COMMENT " + types.QuoteLiteral(k.Comment)
	}
	return line
}

func partList(def *scratch.Definition, parts []scratch.Part) string {
	var list []string
	for _, p := range parts {
		c := def.Columns[p.Column]
		text := bind.QuotedName(c.Name)
		if c.Hidden && c.Generated != nil { // a key over an expression
			text = *c.Generated
		}
		if p.Prefix > 0 {
			text += fmt.Sprintf("(%d)", p.Prefix)
		}
		list = append(list, text)
	}
	return strings.Join(list, ",")
}

func foreignKeyLine(database string, k scratch.ForeignKey) string {
	parent := bind.QuotedName(k.ParentTable)
	if !strings.EqualFold(database, k.ParentDatabase) {
		parent = bind.QuotedName(k.ParentDatabase) + "." + parent
	}
	line := fmt.Sprintf("CONSTRAINT %s FOREIGN KEY (%s) REFERENCES %s (%s)", bind.QuotedName(k.Name), quotedList(k.Columns), parent, quotedList(k.ParentColumns))
	for _, action := range []struct{ on, do string }{{" ON DELETE ", k.OnDelete}, {" ON UPDATE ", k.OnUpdate}} {
		if action.do != "" && action.do != string(sql.ForeignKeyReferentialAction_DefaultAction) {
			line += action.on + action.do
		}
	}
	return line
}

func quotedList(names []string) string {
	var list []string
	for _, n := range names {
		list = append(list, bind.QuotedName(n))
	}
	return strings.Join(list, ", ")
}
