package kernel

import (
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/silogate/silogate/engine/sqlerr"
)

// A pattern is written in ICU's syntax, as MySQL's are. It is translated for two engines: Go's, whose time is linear, and one that goes
// back and forth, for what the former has not: looking around, back-references, atomic groups. What is not translated is refused.

const lineEnds = "\n\r\u0085\u2028\u2029"

// translation is a pattern for both engines.
type translation struct {
	linear, full strings.Builder
	fullOnly     bool           // the linear engine has not all of it
	dollar       bool           // has $ or \Z, which match before a line end at the end too: the linear one does not
	boundary     bool           // has \b or \B, which in the linear engine are of ASCII
	groups       int            // capturing ones
	names        map[string]int // of groups
}

// regexpFlags are what the flags argument says, or (?...) inside a pattern.
type regexpFlags struct{ fold, dotAll, lines, unixLines, spaced bool }

// translator reads a pattern.
type translator struct {
	translation
	in    string
	at    int
	flags regexpFlags
	stack []regexpFlags // of the groups around
	total int           // capturing groups in all
	atom  bool          // what precedes may be repeated
}

func regexpError(code sqlerr.Code, message string) error { return sqlerr.New(code, "%s", message) }

// The longest pattern, and how deep its groups nest.
const (
	mostPattern = 64 << 10
	mostNesting = 500
)

func tooBig() error {
	return regexpError(sqlerr.RegexpTooBig, "Pattern exceeds limits on size or complexity.")
}

// translate reads a pattern that is not empty.
func translate(pattern string, flags regexpFlags) (*translation, error) {
	if len(pattern) > mostPattern {
		return nil, tooBig()
	}
	t := translator{in: pattern, flags: flags, total: strings.Count(pattern, "(")}
	t.names = map[string]int{}
	prefix := ""
	if flags.fold {
		prefix += "i"
	}
	if flags.lines {
		prefix += "m"
	}
	if prefix != "" {
		t.both("(?" + prefix + ")")
	}
	for t.at < len(t.in) {
		if err := t.next(); err != nil {
			return nil, err
		}
		if len(t.stack) > mostNesting {
			return nil, tooBig()
		}
	}
	if len(t.stack) > 0 {
		return nil, regexpError(sqlerr.RegexpParenthesis, "Mismatched parenthesis in regular expression.")
	}
	return &t.translation, nil
}

func (t *translator) both(s string) {
	t.linear.WriteString(s)
	t.full.WriteString(s)
}

func (t *translator) literal(r rune) {
	t.both(regexp.QuoteMeta(string(r)))
	t.atom = true
}

func (t *translator) rest() string { return t.in[t.at:] }

func (t *translator) take(s string) bool {
	if strings.HasPrefix(t.rest(), s) {
		t.at += len(s)
		return true
	}
	return false
}

// next translates one element.
func (t *translator) next() error {
	r, size := utf8.DecodeRuneInString(t.rest())
	t.at += size
	switch {
	case t.flags.spaced && strings.ContainsRune(" \t\n\r\f\v", r):
		return nil
	case t.flags.spaced && r == '#':
		for t.at < len(t.in) && t.in[t.at] != '\n' {
			t.at++
		}
		return nil
	}
	switch r {
	case '\\':
		return t.escape()
	case '[':
		return t.class()
	case '(':
		return t.open()
	case ')':
		if len(t.stack) == 0 {
			return regexpError(sqlerr.RegexpParenthesis, "Mismatched parenthesis in regular expression.")
		}
		t.flags, t.stack = t.stack[len(t.stack)-1], t.stack[:len(t.stack)-1]
		t.both(")")
		t.atom = true
	case '.':
		switch {
		case t.flags.dotAll:
			t.both(`[\s\S]`)
		case t.flags.unixLines:
			t.both("[^\n]")
		default:
			t.both("[^" + lineEnds + "]")
		}
		t.atom = true
	case '$':
		if t.flags.lines {
			t.both("$")
		} else {
			t.end()
		}
		t.atom = false
	case '^', '|':
		t.both(string(r))
		t.atom = false
	case '*', '+', '?', '{':
		return t.repeat(r)
	default:
		t.literal(r)
	}
	return nil
}

// end matches at the end, or before a line end there.
func (t *translator) end() {
	t.dollar = true
	t.linear.WriteString(`\z`)
	t.full.WriteString(`(?=(?:\r\n|[` + lineEnds + `])?\z)`)
}

var interval = regexp.MustCompile(`^(\d+)(?:(,)(\d*))?\}`)

func (t *translator) repeat(r rune) error {
	if !t.atom {
		return regexpError(sqlerr.RegexpSyntax, "Syntax error in regular expression on line 1, character "+strconv.Itoa(t.at)+".")
	}
	if r != '{' {
		t.both(string(r))
	} else {
		m := interval.FindStringSubmatch(t.rest())
		if m == nil {
			return regexpError(sqlerr.RegexpInterval, "The regular expression contains an error in {min,max} interval.")
		}
		low, errLow := strconv.ParseInt(m[1], 10, 32)
		high, errHigh := strconv.ParseInt("0"+m[3], 10, 32)
		switch {
		case errLow != nil || errHigh != nil:
			return regexpError(sqlerr.RegexpInterval, "The regular expression contains an error in {min,max} interval.")
		case m[3] != "" && high < low:
			return regexpError(sqlerr.RegexpMaxMin, "The regular expression contains a {min,max} interval where max < min.")
		}
		t.both("{" + m[0])
		t.at += len(m[0])
	}
	switch {
	case t.take("?"):
		t.both("?")
	case strings.HasPrefix(t.rest(), "+"):
		return sqlerr.New(sqlerr.Unsupported, "possessive repetition in a regular expression (%s+) is not supported yet", string(r))
	}
	t.atom = false
	return nil
}

// open translates what begins with a parenthesis.
func (t *translator) open() error {
	t.atom = false
	push := func(s string) {
		t.stack = append(t.stack, t.flags)
		t.both(s)
	}
	if !t.take("?") {
		t.groups++
		push("(")
		return nil
	}
	for _, look := range []string{"<=", "<!", "=", "!", ">"} {
		if t.take(look) {
			t.fullOnly = true
			push("(?" + look)
			return nil
		}
	}
	switch {
	case t.take(":"):
		push("(?:")
		return nil
	case t.take("#"):
		end := strings.IndexByte(t.rest(), ')')
		if end < 0 {
			return regexpError(sqlerr.RegexpParenthesis, "Mismatched parenthesis in regular expression.")
		}
		t.at += end + 1
		return nil
	case t.take("<"):
		end := strings.IndexByte(t.rest(), '>')
		if end <= 0 {
			return regexpError(sqlerr.RegexpGroupName, "A capture group has an invalid name.")
		}
		t.groups++
		t.names[t.rest()[:end]] = t.groups
		t.at += end + 1
		push("(")
		return nil
	}
	return t.inlineFlags()
}

// inlineFlags translates (?flags) and (?flags:...).
func (t *translator) inlineFlags() error {
	flags, on := t.flags, true
	kept := [2]string{}
	for t.at < len(t.in) {
		c := t.in[t.at]
		t.at++
		keep := ""
		switch c {
		case '-':
			on = false
		case 'i':
			flags.fold, keep = on, "i"
		case 'm':
			flags.lines, keep = on, "m"
		case 's':
			flags.dotAll = on
		case 'x':
			flags.spaced = on
		case ')', ':':
			out := "(?" + kept[0]
			if kept[1] != "" {
				out += "-" + kept[1]
			}
			if c == ':' {
				t.stack = append(t.stack, t.flags)
				t.both(out + ":")
			} else if out != "(?" {
				t.both(out + ")")
			}
			t.flags = flags
			return nil
		default:
			return regexpError(sqlerr.RegexpSyntax, "Syntax error in regular expression on line 1, character "+strconv.Itoa(t.at)+".")
		}
		if on {
			kept[0] += keep
		} else {
			kept[1] += keep
		}
	}
	return regexpError(sqlerr.RegexpParenthesis, "Mismatched parenthesis in regular expression.")
}

// The sets behind the letters \w, \d, \s, \h and \v, to stand in a class.
var letterSets = map[byte]string{
	'w': `\p{L}\p{M}\p{Nd}\p{Nl}\p{Pc}` + "\u200c\u200d", 'd': `\p{Nd}`, 's': `\t\n\f\r\p{Z}`, 'h': `\t\p{Zs}`, 'v': "\v\f" + lineEnds,
}

// escape translates a backslash outside of a class.
func (t *translator) escape() error {
	if t.at == len(t.in) {
		return regexpError(sqlerr.RegexpEscape, "Unrecognized escape sequence in regular expression.")
	}
	c := t.in[t.at]
	if set, ok := letterSets[c|0x20]; ok {
		t.at++
		if c >= 'a' {
			t.both("[" + set + "]")
		} else {
			t.both("[^" + set + "]")
		}
		t.atom = true
		return nil
	}
	switch c {
	case 'Q':
		t.at++
		end := strings.Index(t.rest(), `\E`)
		quoted := t.rest()
		if end >= 0 {
			quoted = quoted[:end]
			t.at += 2
		}
		t.at += len(quoted)
		for _, r := range quoted {
			t.literal(r)
		}
	case 'E':
		t.at++
	case 'b', 'B':
		t.at++
		t.both(`\` + string(c))
		t.boundary, t.atom = true, false
	case 'A', 'z':
		t.at++
		t.both(`\` + string(c))
		t.atom = false
	case 'Z':
		t.at++
		t.end()
		t.atom = false
	case 'G', 'X', 'N':
		return sqlerr.New(sqlerr.Unsupported, `\%c in a regular expression is not supported yet`, c)
	case 'R':
		t.at++
		t.both(`(?:\r\n|[` + "\v\f" + lineEnds + `])`)
		t.atom = true
	case 'p', 'P':
		s, err := t.property()
		if err != nil {
			return err
		}
		t.both(s)
		t.atom = true
	case 'k':
		t.at++
		end := strings.IndexByte(t.rest(), '>')
		if !t.take("<") || end < 0 {
			return regexpError(sqlerr.RegexpEscape, "Unrecognized escape sequence in regular expression.")
		}
		n, ok := t.names[t.in[t.at:t.at+end-1]]
		if !ok {
			return regexpError(sqlerr.RegexpGroupName, "A capture group has an invalid name.")
		}
		t.at += end
		t.reference(n)
	case '1', '2', '3', '4', '5', '6', '7', '8', '9':
		n := 0
		for t.at < len(t.in) && t.in[t.at] >= '0' && t.in[t.at] <= '9' && (n == 0 || n*10+int(t.in[t.at]-'0') <= t.groups) {
			n = n*10 + int(t.in[t.at]-'0')
			t.at++
		}
		if n > t.total {
			return regexpError(sqlerr.RegexpBackReference, "Invalid back-reference in regular expression.")
		}
		t.reference(n)
	default:
		r, err := t.character()
		if err != nil {
			return err
		}
		t.literal(r)
	}
	return nil
}

func (t *translator) reference(n int) {
	t.fullOnly, t.atom = true, true
	t.both(`(?:\` + strconv.Itoa(n) + `)`)
}

// property copies \p{...}.
func (t *translator) property() (string, error) {
	end := strings.IndexByte(t.rest(), '}')
	if len(t.rest()) < 2 || t.in[t.at+1] != '{' || end < 0 {
		return "", regexpError(sqlerr.RegexpEscape, "Unrecognized escape sequence in regular expression.")
	}
	s := `\` + t.rest()[:end+1]
	t.at += end + 1
	return s, nil
}

// character reads what follows a backslash as one character.
func (t *translator) character() (rune, error) {
	r, size := utf8.DecodeRuneInString(t.rest())
	t.at += size
	digits, base := 0, 16
	switch r {
	case 't', 'n', 'r', 'f', 'a', 'e':
		return map[rune]rune{'t': '\t', 'n': '\n', 'r': '\r', 'f': '\f', 'a': '\a', 'e': 0x1b}[r], nil
	case 'c':
		if t.at < len(t.in) {
			t.at++
			return rune(t.in[t.at-1] & 0x1f), nil
		}
	case 'u':
		digits = 4
	case 'U':
		digits = 8
	case '0':
		digits, base = len(t.rest())-len(strings.TrimLeft(t.rest()[:min(3, len(t.rest()))], "01234567"))-max(len(t.rest())-3, 0), 8
	case 'x':
		if end := strings.IndexByte(t.rest(), '}'); t.take("{") && end > 0 {
			v, err := strconv.ParseUint(t.in[t.at:t.at+end-1], 16, 21)
			t.at += end
			if err != nil {
				return 0, regexpError(sqlerr.RegexpEscape, "Unrecognized escape sequence in regular expression.")
			}
			return rune(v), nil
		}
		digits = 2
	default:
		return r, nil
	}
	if digits > 0 && len(t.rest()) >= digits {
		if v, err := strconv.ParseUint(t.rest()[:digits], base, 21); err == nil {
			t.at += digits
			return rune(v), nil
		}
	}
	return 0, regexpError(sqlerr.RegexpEscape, "Unrecognized escape sequence in regular expression.")
}

// namedClasses are the classes [:name:], to stand in a class.
var namedClasses = map[string]string{
	"alpha": `\p{L}\p{Nl}`, "digit": `\p{Nd}`, "alnum": `\p{L}\p{Nl}\p{Nd}`, "upper": `\p{Lu}`, "lower": `\p{Ll}`, "space": `\t-\r\x85\p{Z}`,
	"blank": `\t\p{Zs}`, "punct": `\p{P}`, "cntrl": `\p{Cc}`, "xdigit": `0-9A-Fa-f`, "word": letterSets['w'],
}

// class translates a bracket expression. A set in a set, or the operations on sets, are refused.
func (t *translator) class() error {
	t.both("[")
	if t.take("^") {
		t.both("^")
	}
	for first := true; ; first = false {
		if t.at == len(t.in) {
			return regexpError(sqlerr.RegexpBracket, "Missing a close bracket ] in regular expression.")
		}
		r, size := utf8.DecodeRuneInString(t.rest())
		switch {
		case r == ']' && !first:
			t.at++
			t.both("]")
			t.atom = true
			return nil
		case r == '[' && strings.HasPrefix(t.rest(), "[:"):
			end := strings.Index(t.rest(), ":]")
			set, ok := "", false
			if end > 0 {
				set, ok = namedClasses[strings.ToLower(t.rest()[2:end])]
			}
			if !ok {
				return regexpError(sqlerr.RegexpIllegal, "Illegal argument to a regular expression.")
			}
			t.both(set)
			t.at += end + 2
		case r == '[' || strings.HasPrefix(t.rest(), "&&") || strings.HasPrefix(t.rest(), "--"):
			return sqlerr.New(sqlerr.Unsupported, "operations on sets in a regular expression are not supported yet")
		case r == '\\':
			t.at++
			if err := t.classEscape(); err != nil {
				return err
			}
		case r == '-':
			t.at++
			t.both("-")
		default:
			t.at += size
			t.both(classLiteral(r))
		}
	}
}

func (t *translator) classEscape() error {
	if t.at == len(t.in) {
		return regexpError(sqlerr.RegexpBracket, "Missing a close bracket ] in regular expression.")
	}
	c := t.in[t.at]
	set, ok := letterSets[c|0x20]
	switch {
	case ok && c >= 'a':
		t.at++
		t.both(set)
	case c == 'D':
		t.at++
		t.both(`\P{Nd}`)
	case ok:
		return sqlerr.New(sqlerr.Unsupported, `\%c in a set of a regular expression is not supported yet`, c)
	case c == 'p' || c == 'P':
		s, err := t.property()
		if err != nil {
			return err
		}
		t.both(s)
	default:
		r, err := t.character()
		if err != nil {
			return err
		}
		t.both(classLiteral(r))
	}
	return nil
}

// classLiteral is a character that stands for itself in a class.
func classLiteral(r rune) string {
	if strings.ContainsRune(`\]^-[&~`, r) {
		return `\` + string(r)
	}
	return string(r)
}
