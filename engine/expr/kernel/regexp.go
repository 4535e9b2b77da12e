package kernel

import (
	"io"
	"math"
	"regexp"
	"regexp/syntax"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/dlclark/regexp2"

	"github.com/silogate/silogate/engine/sqlerr"
)

// Limits of the engine that goes back and forth: how long one match may take, and all of a row, and how long a text it may read.
const (
	regexpTime    = time.Second
	regexpRowTime = 10 * time.Second
	regexpText    = 4 << 20
)

// directWork is up to how many bytes, times the size of the pattern, the linear engine is not asked in between.
const directWork = 16 << 20

// How many compiled patterns an evaluator keeps, and of how many bytes: a column of patterns has few.
const (
	rememberedPatterns     = 64
	rememberedPatternBytes = 2 * mostPattern
)

// Regexps computes functions of regular expressions. It remembers the patterns that it compiled, so it belongs to one evaluator.
type Regexps struct {
	fold    bool // the strings' collation ignores case
	known   map[patternKey]*compiled
	bytes   int           // of the patterns in known
	rowTime time.Duration // regexpRowTime
}

type patternKey struct {
	pattern string
	flags   regexpFlags
}

// NewRegexps is for strings under a collation that ignores case, or not.
func NewRegexps(fold bool) *Regexps {
	return &Regexps{fold: fold, known: map[patternKey]*compiled{}, rowTime: regexpRowTime}
}

// compiled is a pattern. The linear engine serves where it means the same.
type compiled struct {
	translation *translation
	linear      *regexp.Regexp // nil: not compiled by this engine
	full        *regexp2.Regexp
	size        int  // of the linear engine's program
	empty       bool // matches the empty text
	rowTime     time.Duration
}

// pattern compiles argument 1; flags is the number of the flags argument, which may be absent.
func (x *Regexps) pattern(r *Row, flags int, function string) (*compiled, bool) {
	f := regexpFlags{fold: x.fold}
	if flags < r.Len() {
		for _, c := range r.Text(flags) {
			switch c {
			case 'c':
				f.fold = false
			case 'i':
				f.fold = true
			case 'm':
				f.lines = true
			case 'n':
				f.dotAll = true
			case 'u':
				f.unixLines = true
			default:
				r.Fail(badArguments(function))
				return nil, false
			}
		}
	}
	if r.interrupted() { // a match may take long
		return nil, false
	}
	if c, ok := x.known[patternKey{string(r.Text(1)), f}]; ok {
		return c, true
	}
	key := patternKey{string(r.Text(1)), f}
	c, err := compile(key)
	if err != nil {
		r.Fail(err)
		return nil, false
	}
	if len(x.known) >= rememberedPatterns || x.bytes+len(key.pattern) > rememberedPatternBytes {
		clear(x.known)
		x.bytes = 0
	}
	c.rowTime = x.rowTime
	x.known[key] = c
	x.bytes += len(key.pattern)
	return c, true
}

func compile(key patternKey) (*compiled, error) {
	if key.pattern == "" {
		return nil, regexpError(sqlerr.RegexpIllegal, "Illegal argument to a regular expression.")
	}
	t, err := translate(key.pattern, key.flags)
	if err != nil {
		return nil, err
	}
	c := &compiled{translation: t}
	if !t.fullOnly {
		if c.linear, err = regexp.Compile(t.linear.String()); err == nil {
			c.empty = c.linear.MatchString("")
			c.size = programSize(t.linear.String())
			return c, nil
		}
	}
	return c, c.needFull()
}

// programSize is how many instructions the linear engine has for a pattern, which it has compiled: each may be run for each byte.
func programSize(pattern string) int {
	tree, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return math.MaxInt32
	}
	program, err := syntax.Compile(tree.Simplify())
	if err != nil {
		return math.MaxInt32
	}
	return len(program.Inst)
}

// long reports a text over which the linear engine may take long.
func (c *compiled) long(s string) bool { return len(s) > directWork/c.size }

// findLinear is the first match of the linear engine, nil if there is none or the row fails.
func (c *compiled) findLinear(r *Row, s string) []int {
	if !c.long(s) {
		return c.linear.FindStringSubmatchIndex(s)
	}
	m := c.linear.FindReaderSubmatchIndex(&askingReader{r, s, c.size})
	if r.err != nil {
		return nil
	}
	return m
}

// askingReader reads a text until the statement is to end.
type askingReader struct {
	row  *Row
	rest string
	size int // of the program that is run over each byte
}

// ReadRune implements io.RuneReader.
func (a *askingReader) ReadRune() (rune, int, error) {
	if a.rest == "" || !a.row.goesOn(a.size) {
		return 0, 0, io.EOF
	}
	r, size := utf8.DecodeRuneInString(a.rest)
	a.rest = a.rest[size:]
	return r, size, nil
}

// needFull compiles the pattern for the engine that goes back and forth.
func (c *compiled) needFull() error {
	if c.full != nil {
		return nil
	}
	full, err := regexp2.Compile(c.translation.full.String(), regexp2.None)
	if err != nil {
		switch text := err.Error(); {
		case strings.Contains(text, "reverse order"):
			return regexpError(sqlerr.RegexpRange, "The regular expression contains an [x-y] character range where x comes after y.")
		case strings.Contains(text, "parenthes"):
			return regexpError(sqlerr.RegexpParenthesis, "Mismatched parenthesis in regular expression.")
		case strings.Contains(text, "reference"):
			return regexpError(sqlerr.RegexpBackReference, "Invalid back-reference in regular expression.")
		}
		return regexpError(sqlerr.RegexpSyntax, "Syntax error in regular expression on line 1, character 0.")
	}
	full.MatchTimeout = regexpTime
	c.full = full
	return nil
}

// linearly reports whether the linear engine finds the same in a text.
func (c *compiled) linearly(s string) bool {
	if c.linear == nil {
		return false
	}
	if c.translation.dollar && s != "" {
		if last, _ := utf8.DecodeLastRuneInString(s); strings.ContainsRune(lineEnds, last) {
			return false
		}
	}
	if c.translation.boundary {
		for i := range len(s) {
			if s[i] >= utf8.RuneSelf {
				return false
			}
		}
	}
	return true
}

// matches calls visit with the matches from a byte on, each the ends of the groups in bytes, -1 for a group without a match, until visit
// returns false.
func (c *compiled) matches(r *Row, s string, from int, visit func(groups []int) bool) error {
	if from == 0 && !c.empty && c.linearly(s) {
		for at := 0; at <= len(s); {
			m := c.findLinear(r, s[at:])
			switch {
			case m == nil:
				return r.err
			case at > 0 && c.contextual(), m[0] == m[1]: // the text before counts, or the next match begins a character later
				return c.fully(r, s, at, visit)
			}
			const least = 64
			if !r.goesOn(max(m[1], least)) {
				return r.err
			}
			for i := range m {
				if m[i] >= 0 {
					m[i] += at
				}
			}
			if !visit(m) {
				return nil
			}
			at = m[1]
		}
		return nil
	}
	return c.fully(r, s, from, visit)
}

// contextual reports a pattern that looks at what is before a match.
func (c *compiled) contextual() bool {
	return c.translation.boundary || strings.ContainsAny(c.translation.linear.String(), `^`) || strings.Contains(c.translation.linear.String(), `\A`)
}

func (c *compiled) fully(r *Row, s string, from int, visit func(groups []int) bool) error {
	if err := c.needFull(); err != nil {
		return err
	}
	if len(s) > regexpText {
		return regexpError(sqlerr.RegexpStack, "Overflow in the regular expression backtrack stack.")
	}
	runes := make([]rune, 0, len(s))
	offsets := make([]int, 0, len(s)+1)
	start := 0
	for at, char := range s {
		if at < from {
			start++
		}
		runes, offsets = append(runes, char), append(offsets, at)
	}
	offsets = append(offsets, len(s))
	end := time.Now().Add(c.rowTime)
	m, err := c.full.FindRunesMatchStartingAt(runes, start)
	for ; err == nil && m != nil; m, err = c.full.FindNextMatch(m) {
		if r.interrupted() {
			return r.err
		}
		if time.Now().After(end) {
			return regexpTimeout()
		}
		groups := make([]int, 0, 2*(c.translation.groups+1))
		for n := range c.translation.groups + 1 {
			g := m.GroupByNumber(n)
			if g == nil || len(g.Captures) == 0 {
				groups = append(groups, -1, -1)
			} else {
				groups = append(groups, offsets[g.Index], offsets[g.Index+g.Length])
			}
		}
		if !visit(groups) {
			return nil
		}
	}
	if err != nil {
		return regexpTimeout()
	}
	return nil
}

func regexpTimeout() error {
	return regexpError(sqlerr.RegexpTimeout, "Timeout exceeded in regular expression match.")
}

// Like computes REGEXP_LIKE(string, pattern[, flags]).
func (x *Regexps) Like(r *Row) (int64, bool) {
	c, ok := x.pattern(r, 2, "regexp_like")
	if !ok {
		return 0, false
	}
	if s := string(r.Text(0)); c.linearly(s) {
		if c.long(s) {
			return int64(b2u(c.findLinear(r, s) != nil)), r.err == nil
		}
		return int64(b2u(c.linear.MatchString(s))), true
	}
	found, ok := c.find(r, 0, 1)
	return int64(b2u(found != nil)), ok
}

// find returns the n-th match from a byte on, nil if there is none.
func (c *compiled) find(r *Row, from int, n int64) (found []int, ok bool) {
	err := c.matches(r, string(r.Text(0)), from, func(groups []int) bool {
		if n--; n <= 0 {
			found = groups
		}
		return found == nil
	})
	if err != nil {
		r.Fail(err)
	}
	return found, err == nil
}

// position reads the argument that says where to begin, in characters from 1, and gives it in bytes. A position outside the string is an
// error.
func position(r *Row, k int, function string) (int, bool) {
	if k >= r.Len() {
		return 0, true
	}
	at, ok := offsetOf(r.Text(0), r.Int(k)-1, false)
	if r.Int(k) < 1 || !ok {
		r.Fail(sqlerr.New(sqlerr.RegexpIndex, "Index out of bounds in regular expression search."))
		return 0, false
	}
	return at, true
}

func occurrence(r *Row, k int) int64 {
	if k >= r.Len() {
		return 1
	}
	return max(r.Int(k), 1)
}

// Instr computes REGEXP_INSTR(string, pattern[, position[, occurrence[, end[, flags]]]]).
func (x *Regexps) Instr(r *Row) (int64, bool) {
	c, ok := x.pattern(r, 5, "regexp_instr")
	if !ok {
		return 0, false
	}
	from, ok := position(r, 2, "regexp_instr")
	if !ok {
		return 0, false
	}
	end := 0
	if r.Len() > 4 {
		if r.Int(4) != 0 && r.Int(4) != 1 {
			r.Fail(sqlerr.New(sqlerr.BadArgument, "Incorrect arguments to regexp_instr: return_option must be 1 or 0."))
			return 0, false
		}
		end = int(r.Int(4))
	}
	found, ok := c.find(r, from, occurrence(r, 3))
	if found == nil {
		return 0, ok
	}
	return int64(utf8.RuneCount(r.Text(0)[:found[end]])) + 1, true
}

// Substr computes REGEXP_SUBSTR(string, pattern[, position[, occurrence[, flags]]]): NULL where there is no match.
func (x *Regexps) Substr(r *Row, dst []byte) ([]byte, bool) {
	c, ok := x.pattern(r, 4, "regexp_substr")
	if !ok {
		return dst, false
	}
	from, ok := position(r, 2, "regexp_substr")
	if !ok {
		return dst, false
	}
	found, ok := c.find(r, from, occurrence(r, 3))
	if found == nil || !ok {
		return dst, false
	}
	return append(dst, r.Text(0)[found[0]:found[1]]...), true
}

// Replace computes REGEXP_REPLACE(string, pattern, other[, position[, occurrence[, flags]]]): every match, or the one of an occurrence
// that is not 0.
func (x *Regexps) Replace(r *Row, dst []byte) ([]byte, bool) {
	c, ok := x.pattern(r, 5, "regexp_replace")
	if !ok {
		return dst, false
	}
	from, ok := position(r, 3, "regexp_replace")
	if !ok {
		return dst, false
	}
	only := int64(0)
	if r.Len() > 4 {
		only = max(r.Int(4), 0)
	}
	s, other := string(r.Text(0)), string(r.Text(2))
	at, n := 0, int64(0)
	var failed error
	err := c.matches(r, s, from, func(groups []int) bool {
		n++
		if only != 0 && n != only {
			return n < only
		}
		dst = append(dst, s[at:groups[0]]...)
		if dst, failed = c.expand(dst, s, other, groups); failed != nil {
			return false
		}
		at = groups[1]
		return only == 0 && int64(len(dst)) <= r.longest()
	})
	if err == nil {
		err = failed
	}
	if err != nil {
		r.Fail(err)
		return dst, false
	}
	return append(dst, s[at:]...), true
}

// expand writes what stands in place of a match: $1 and ${name} are groups, a backslash makes the next character plain.
func (c *compiled) expand(dst []byte, s, other string, groups []int) ([]byte, error) {
	for i := 0; i < len(other); i++ {
		switch {
		case other[i] == '\\' && i+1 < len(other):
			i++
			dst = append(dst, other[i])
		case other[i] != '$':
			dst = append(dst, other[i])
		default:
			n, size, ok := c.group(other[i+1:])
			if !ok {
				return dst, regexpError(sqlerr.RegexpGroupName, "A capture group has an invalid name.")
			}
			if n > c.translation.groups {
				return dst, regexpError(sqlerr.RegexpIndex, "Index out of bounds in regular expression search.")
			}
			if groups[2*n] >= 0 {
				dst = append(dst, s[groups[2*n]:groups[2*n+1]]...)
			}
			i += size
		}
	}
	return dst, nil
}

// group reads what follows a $: digits, as many as there are groups for, or a name in braces.
func (c *compiled) group(s string) (n, size int, ok bool) {
	if name, found := strings.CutPrefix(s, "{"); found {
		end := strings.IndexByte(name, '}')
		if end < 0 {
			return 0, 0, false
		}
		n, ok = c.translation.names[name[:end]]
		return n, end + 2, ok
	}
	for size < len(s) && s[size] >= '0' && s[size] <= '9' {
		next, err := strconv.Atoi(s[:size+1])
		if err != nil || size > 0 && next > c.translation.groups {
			break
		}
		n, size = next, size+1
	}
	return n, size, size > 0
}
