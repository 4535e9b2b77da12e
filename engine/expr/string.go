package expr

import (
	"fmt"
	"strings"
	"time"

	"github.com/silogate/silogate/engine/types"
)

func (e *Column) String() string { return fmt.Sprintf("%s#%d", e.Name, e.ID) }

func (e *Literal) String() string { return literal(e.Value, e.Typ) }

func literal(v types.Value, t types.Type) string {
	s := v.Format(t, time.UTC)
	switch {
	case v.Null:
		return s
	case t.Kind == types.Bool:
		return map[bool]string{true: "TRUE", false: "FALSE"}[v.Int != 0]
	case t.IsBinary():
		return fmt.Sprintf("x'%x'", v.Str)
	case t.IsString():
		return "'" + strings.ReplaceAll(s, "'", "''") + "'"
	case t.IsTemporal():
		return strings.ToUpper(kindWord(t)) + " '" + s + "'"
	}
	return s
}

func kindWord(t types.Type) string {
	word, _, _ := strings.Cut(t.String(), "(")
	return word
}

func (e *Param) String() string { return ":" + e.Name }

var infix = map[Func]string{
	And: " AND ", Or: " OR ", Xor: " XOR ", Eq: " = ", Ne: " <> ", Lt: " < ", Le: " <= ", Gt: " > ", Ge: " >= ",
	NullSafeEq: " <=> ", Add: " + ", Sub: " - ", Mul: " * ", Div: " / ", IntDiv: " DIV ", Mod: " % ",
	BitAnd: " & ", BitOr: " | ", BitXor: " ^ ", ShiftLeft: " << ", ShiftRight: " >> ",
}

func (e *Call) String() string {
	if op, ok := infix[e.Func]; ok {
		return "(" + Strings(e.Args, op) + ")"
	}
	switch e.Func {
	case Not:
		return "NOT " + e.Args[0].String()
	case Neg:
		return "-" + e.Args[0].String()
	case BitNot:
		return "~" + e.Args[0].String()
	case Collate:
		return "(" + e.Args[0].String() + " COLLATE " + e.Typ.Collation.String() + ")"
	case IsNull, IsTrue, IsFalse:
		return "(" + e.Args[0].String() + " " + strings.ToUpper(string(e.Func)) + ")"
	case Like:
		text := Strings(e.Args[:2], " LIKE ")
		if len(e.Args) > 2 {
			text += " ESCAPE " + e.Args[2].String()
		}
		return "(" + text + ")"
	}
	return string(e.Func) + "(" + Strings(e.Args, ", ") + ")"
}

func (e *Case) String() string {
	var b strings.Builder
	b.WriteString("CASE")
	for _, w := range e.Whens {
		fmt.Fprintf(&b, " WHEN %s THEN %s", w.Cond, w.Then)
	}
	if e.Else != nil {
		fmt.Fprintf(&b, " ELSE %s", e.Else)
	}
	b.WriteString(" END")
	return b.String()
}

// longestList is how many members of an IN list a plan shows.
const longestList = 8

func (e *In) String() string {
	parts := make([]string, 0, longestList+1)
	for i, v := range e.List {
		if i == longestList {
			parts = append(parts, fmt.Sprintf("... %d more", len(e.List)-i))
			break
		}
		parts = append(parts, literal(v, e.Arg.Type()))
	}
	if e.HasNull {
		parts = append(parts, "NULL")
	}
	not := ""
	if e.Not {
		not = "NOT "
	}
	return fmt.Sprintf("(%s %sIN (%s))", e.Arg, not, strings.Join(parts, ", "))
}

func (e *Cast) String() string {
	if e.Column != "" {
		return fmt.Sprintf("STORE(%s INTO %s %s)", e.Arg, e.Column, e.To)
	}
	return fmt.Sprintf("CAST(%s AS %s)", e.Arg, e.To)
}

func (e *Fallback) String() string { return "row[" + e.Text + "]" }
