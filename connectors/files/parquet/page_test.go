package parquet

import (
	"errors"
	"testing"
)

// bytesAccount is one of few bytes.
type bytesAccount struct{ used, limit int64 }

var errFull = errors.New("full")

func (a *bytesAccount) Reserve(n int64) error {
	if a.used+n > a.limit {
		return errFull
	}
	a.used += n
	return nil
}

func (a *bytesAccount) Release(n int64) { a.used -= n }

// TestDictionaryIsCharged charges a large dictionary until its chunk is closed.
func TestDictionaryIsCharged(t *testing.T) {
	for _, c := range []struct {
		size  int
		limit int64
		held  int64 // at least
		err   error
	}{
		{freeDictionary / 2, 0, 0, nil},
		{4 * freeDictionary, 1 << 30, 4 * freeDictionary, nil},
		{4 * freeDictionary, freeDictionary, 0, errFull},
	} {
		account := &bytesAccount{limit: c.limit}
		p := pages{codec: codecNone, src: &chunk{release: func() {}}, account: account}
		decoded := false
		err := p.dictionary(pageHeader{encoding: encodingPlain, uncompressed: int64(c.size), values: 100}, make([]byte, c.size), func([]byte, int) error {
			decoded = true
			return nil
		})
		if !errors.Is(err, c.err) || decoded != (c.err == nil) || account.used < c.held || c.held == 0 && account.used > 0 {
			t.Errorf("%d bytes: %v, decoded %v, %d are held", c.size, err, decoded, account.used)
		}
		if p.close(); account.used != 0 {
			t.Errorf("%d bytes are held after the end", account.used)
		}
	}
}
