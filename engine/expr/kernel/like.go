package kernel

import (
	"bytes"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/silogate/silogate/engine/collation"
	"github.com/silogate/silogate/engine/types"
)

// NoEscape is the escape of a LIKE with an empty ESCAPE: there is none.
const NoEscape = collation.NoEscape

// Like compiles a LIKE pattern to a predicate on texts of type t, or on byte strings, where _ is one byte. escape is a
// character or NoEscape. Where interrupted, which may be nil, says so the predicate ends early, and Ended says why.
func Like(pattern string, escape rune, t types.Type, interrupted func() error) Predicate {
	ask := &asker{interrupted: interrupted}
	if comparesCharacters(t, escape) {
		p := collatedLike(t, pattern, escape)
		return askingTest{testEach(func(s string) bool { return p.MatchWhile(s, ask.goesOn) }), ask}
	}
	tokens := parseLike(pattern, escape)
	for _, token := range tokens {
		if token.kind == anyOne {
			return generalLike{tokens, t.IsBinary(), ask}
		}
	}
	return simpleLike(tokens)
}

// asker asks whether the statement goes on where no error can be returned.
type asker struct {
	interrupted func() error // nil: it goes on
	err         error
}

func (a *asker) goesOn() bool {
	if a.interrupted != nil && a.err == nil {
		a.err = a.interrupted()
	}
	return a.err == nil
}

// Ended is why a predicate ended early, so that what it says is not to be used, or nil.
func Ended(p Predicate) error {
	switch p := p.(type) {
	case generalLike:
		return p.ask.err
	case askingTest:
		return p.ask.err
	case negated:
		return Ended(p.Predicate)
	}
	return nil
}

// askingTest is a predicate that asks.
type askingTest struct {
	Predicate
	ask *asker
}

type tokenKind uint8

const (
	literalRun tokenKind = iota
	anyOne               // _
	anyRun               // %
)

type likeToken struct {
	kind tokenKind
	text string
}

// parseLike splits a pattern; neighbouring % are one. An escape at the end stands for itself.
func parseLike(pattern string, escape rune) []likeToken {
	var tokens []likeToken
	var run []byte
	flush := func() {
		if len(run) > 0 {
			tokens = append(tokens, likeToken{literalRun, string(run)})
			run = run[:0]
		}
	}
	for i := 0; i < len(pattern); i++ {
		c := pattern[i]
		switch {
		case rune(c) == escape && i+1 < len(pattern):
			i++
			run = append(run, pattern[i])
		case c == '_':
			flush()
			tokens = append(tokens, likeToken{kind: anyOne})
		case c == '%':
			flush()
			if len(tokens) == 0 || tokens[len(tokens)-1].kind != anyRun {
				tokens = append(tokens, likeToken{kind: anyRun})
			}
		default:
			run = append(run, c)
		}
	}
	flush()
	return tokens
}

// simpleLike compiles a pattern without _.
func simpleLike(tokens []likeToken) Predicate {
	if len(tokens) == 0 {
		return bytesConst{Eq, ""}
	}
	if len(tokens) == 1 && tokens[0].kind == literalRun {
		return bytesConst{Eq, tokens[0].text}
	}
	var p partsLike
	for i, t := range tokens {
		switch {
		case t.kind == anyRun:
		case i == 0:
			p.prefix = t.text
		case i == len(tokens)-1:
			p.suffix = t.text
		default:
			p.middle = append(p.middle, []byte(t.text))
		}
	}
	switch {
	case p.prefix == "" && p.suffix == "" && len(p.middle) == 0:
		return always(true)
	case p.prefix == "" && p.suffix == "" && len(p.middle) == 1:
		return containsLike{p.middle[0]}
	case p.suffix == "" && len(p.middle) == 0:
		return prefixLike{p.prefix}
	}
	return p
}

// prefixLike is 'text%'.
type prefixLike struct{ prefix string }

func (p prefixLike) Bits(out []byte, a arrow.Array) {
	offsets, data := texts(a)
	clear(out)
	length := int32(len(p.prefix))
	for i := range a.Len() {
		from := offsets[i]
		out[i>>3] |= b2u(offsets[i+1]-from >= length && string(data[from:from+length]) == p.prefix) << (i & 7)
	}
}

func (p prefixLike) Filter(sel []int32, a arrow.Array) []int32 {
	offsets, data := texts(a)
	length := int32(len(p.prefix))
	k := 0
	for _, i := range sel {
		sel[k] = i
		from := offsets[i]
		k += int(b2u(offsets[i+1]-from >= length && string(data[from:from+length]) == p.prefix))
	}
	return sel[:k]
}

// containsLike is '%text%'. All rows are searched as one text: where matches are rare that is one long search.
type containsLike struct{ text []byte }

func (p containsLike) Bits(out []byte, a arrow.Array) {
	offsets, data := texts(a)
	clear(out)
	n := a.Len()
	end, length := int(offsets[n]), len(p.text)
	row := 0
	for at := int(offsets[0]); at < end; {
		hit := bytes.Index(data[at:end], p.text)
		if hit < 0 {
			return
		}
		at += hit
		for int(offsets[row+1]) <= at {
			row++
		}
		if at+length > int(offsets[row+1]) { // it runs over into the next row
			at++
			continue
		}
		setBit(out, row)
		at = int(offsets[row+1])
	}
}

func (p containsLike) Filter(sel []int32, a arrow.Array) []int32 {
	offsets, data := texts(a)
	k := 0
	for _, i := range sel {
		sel[k] = i
		k += int(b2u(bytes.Contains(data[offsets[i]:offsets[i+1]], p.text)))
	}
	return sel[:k]
}

// partsLike is 'prefix%middle%middle%suffix'.
type partsLike struct {
	prefix, suffix string
	middle         [][]byte
}

func (p partsLike) match(s []byte) bool {
	if len(s) < len(p.prefix)+len(p.suffix) || string(s[:len(p.prefix)]) != p.prefix {
		return false
	}
	tail := len(s) - len(p.suffix)
	if string(s[tail:]) != p.suffix {
		return false
	}
	s = s[len(p.prefix):tail]
	for _, m := range p.middle {
		at := bytes.Index(s, m)
		if at < 0 {
			return false
		}
		s = s[at+len(m):]
	}
	return true
}

func (p partsLike) Bits(out []byte, a arrow.Array) {
	offsets, data := texts(a)
	clear(out)
	for i := range a.Len() {
		out[i>>3] |= b2u(p.match(data[offsets[i]:offsets[i+1]])) << (i & 7)
	}
}

func (p partsLike) Filter(sel []int32, a arrow.Array) []int32 {
	offsets, data := texts(a)
	k := 0
	for _, i := range sel {
		sel[k] = i
		k += int(b2u(p.match(data[offsets[i]:offsets[i+1]])))
	}
	return sel[:k]
}

// generalLike is any pattern.
type generalLike struct {
	tokens []likeToken
	binary bool
	ask    *asker
}

// match walks the pattern, going back to the last % when a try fails.
func (p generalLike) match(s []byte) bool {
	token, retryToken := 0, -1
	var retry []byte
	work := 0
	for {
		if token == len(p.tokens) {
			if len(s) == 0 {
				return true
			}
		} else {
			t := p.tokens[token]
			switch {
			case t.kind == anyRun:
				token++
				retryToken, retry = token, s
				continue
			case t.kind == anyOne && len(s) > 0:
				s = s[p.step(s):]
				token++
				continue
			case t.kind == literalRun && len(s) >= len(t.text) && string(s[:len(t.text)]) == t.text:
				s = s[len(t.text):]
				token++
				continue
			}
		}
		if retryToken < 0 || len(retry) == 0 {
			return false
		}
		if work += len(retry) - len(s) + 1; work >= bytesBetween {
			if !p.ask.goesOn() {
				return false
			}
			work = 0
		}
		retry = retry[p.step(retry):]
		token, s = retryToken, retry
	}
}

// step is the length of the first character of s.
func (p generalLike) step(s []byte) int {
	if p.binary {
		return 1
	}
	return runeBytes(s)
}

func (p generalLike) Bits(out []byte, a arrow.Array) {
	offsets, data := texts(a)
	clear(out)
	for i := range a.Len() {
		out[i>>3] |= b2u(p.match(data[offsets[i]:offsets[i+1]])) << (i & 7)
	}
}

func (p generalLike) Filter(sel []int32, a arrow.Array) []int32 {
	offsets, data := texts(a)
	k := 0
	for _, i := range sel {
		sel[k] = i
		k += int(b2u(p.match(data[offsets[i]:offsets[i+1]])))
	}
	return sel[:k]
}

// LikeEach returns the kernel of LIKE with a pattern for each row.
func LikeEach(escape rune, t types.Type) Func {
	compile := func(pattern string, ask *asker) func(text []byte) bool {
		return generalLike{parseLike(pattern, escape), t.IsBinary(), ask}.match
	}
	if comparesCharacters(t, escape) {
		compile = func(pattern string, ask *asker) func(text []byte) bool {
			p := collatedLike(t, pattern, escape)
			return func(text []byte) bool { return p.MatchWhile(borrowed(text), ask.goesOn) }
		}
	}
	return func(ctx *Context, args []Datum, n int) (arrow.Array, error) {
		values, patterns := textsOf(args[0]), textsOf(args[1])
		buf, out := newBitmap(ctx.Mem, n)
		clear(out)
		ask := &asker{interrupted: ctx.Interrupted}
		var last []byte
		var match func(text []byte) bool
		for i := range n {
			if pattern := patterns.at(i); i == 0 || !bytes.Equal(pattern, last) {
				last = pattern
				match = compile(string(pattern), ask)
			}
			out[i>>3] |= b2u(match(values.at(i))) << (i & 7)
			if ask.err != nil {
				buf.Release()
				return nil, ask.err
			}
		}
		return makeArray(arrow.FixedWidthTypes.Boolean, n, bothValid(ctx.Mem, args, n), buf), nil
	}
}
