package files

import (
	"github.com/silogate/silogate/connectors/blob"
)

// largestPiece is the most bytes of a piece that Cut makes: one request serves them well, and the next is read meanwhile.
const largestPiece = 4 << 20

// Cut divides bytes that are read from the first to the last into the ranges of pieces.
func Cut(off, end int64, b Budget) (pieces [][]blob.Range) {
	piece := min(max(b.Bytes/2, b.Least), largestPiece)
	for ; off < end; off += piece {
		pieces = append(pieces, []blob.Range{{Off: off, Len: min(piece, end-off)}})
	}
	return pieces
}

// Shared is a piece that several streams begin in. It is not safe for concurrent use.
type Shared struct {
	data  *blob.Data
	users int
}

// Share returns a piece that the caller uses.
func Share(data *blob.Data) *Shared { return &Shared{data, 1} }

// Use returns the bytes of a range for one more user, or nil, which uses none, if they were not fetched.
func (s *Shared) Use(r blob.Range) []byte {
	bytes := s.data.Bytes(r)
	if bytes != nil {
		s.users++
	}
	return bytes
}

// Release ends one use; the last one frees the bytes.
func (s *Shared) Release() {
	if s.users--; s.users == 0 {
		s.data.Release()
	}
}
