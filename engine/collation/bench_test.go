package collation

import (
	"fmt"
	"testing"

	"github.com/silogate/silogate/engine/types"
)

var benchTexts = map[string][2]string{
	"ascii": {"The quick brown fox jumps over the lazy dog", "THE QUICK BROWN FOX JUMPS OVER THE LAZY DOG."},
	"latin": {"Zwölf Boxkämpfer jagen Viktor quer über den großen Sylter Deich", "ZWÖLF BOXKÄMPFER JAGEN VIKTOR QUER ÜBER DEN GROSSEN SYLTER DEICH."},
	"han":   {"視野無限廣,窗外有藍天", "視野無限廣,窗外有藍天。"},
}

func BenchmarkCompare(b *testing.B) {
	for _, id := range []types.Collation{gen, uni, ai, as} {
		for _, name := range []string{"ascii", "latin", "han"} {
			c, pair := of(b, id), benchTexts[name]
			b.Run(fmt.Sprintf("%s/%s", id, name), func(b *testing.B) {
				b.ReportAllocs()
				b.SetBytes(int64(len(pair[0])))
				for b.Loop() {
					c.Compare(pair[0], pair[1])
				}
			})
		}
	}
}

func BenchmarkAppendKey(b *testing.B) {
	for _, id := range []types.Collation{gen, uni, ai, as} {
		for _, name := range []string{"ascii", "latin", "han"} {
			c, text := of(b, id), benchTexts[name][0]
			b.Run(fmt.Sprintf("%s/%s", id, name), func(b *testing.B) {
				b.ReportAllocs()
				b.SetBytes(int64(len(text)))
				var dst []byte
				for b.Loop() {
					dst = c.AppendKey(dst[:0], text)
				}
			})
		}
	}
}

func BenchmarkLike(b *testing.B) {
	p := of(b, ai).NewPattern("%LAZY%", '\\')
	b.ReportAllocs()
	b.SetBytes(int64(len(benchTexts["ascii"][0])))
	for b.Loop() {
		p.Match(benchTexts["ascii"][0])
	}
}
