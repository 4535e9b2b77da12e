package rowkey

import "encoding/binary"

// heap stores byte strings one after the other, in chunks that never move.
type heap struct {
	chunks [][]byte
	size   int // of all chunks
}

// The sizes of chunks, as far as they suffice for one string. A position within the first maxChunk bytes of a chunk has
// chunkBits bits.
const (
	chunkBits          = 20
	minChunk, maxChunk = 1 << 10, 1 << chunkBits
)

// prefix is the bytes before a string, its length.
const prefix = 4

// add stores a string and returns where.
func (h *heap) add(text []byte) uint64 {
	last := len(h.chunks) - 1
	if last < 0 || cap(h.chunks[last])-len(h.chunks[last]) < prefix+len(text) {
		size := minChunk
		if last >= 0 {
			size = min(2*cap(h.chunks[last]), maxChunk)
		}
		size = max(size, prefix+len(text))
		h.chunks = append(h.chunks, make([]byte, 0, size))
		h.size += size
		last++
	}
	chunk := h.chunks[last]
	at := uint64(last)<<chunkBits | uint64(len(chunk))
	h.chunks[last] = append(binary.LittleEndian.AppendUint32(chunk, uint32(len(text))), text...)
	return at
}

// at returns the string stored at a place.
func (h *heap) at(place uint64) []byte {
	chunk := h.chunks[place>>chunkBits][place&(1<<chunkBits-1):]
	return chunk[prefix:][:binary.LittleEndian.Uint32(chunk)]
}

// reset forgets all strings and keeps a chunk.
func (h *heap) reset() {
	if len(h.chunks) == 0 {
		return
	}
	last := h.chunks[len(h.chunks)-1][:0]
	if cap(last) > maxChunk {
		*h = heap{}
		return
	}
	clear(h.chunks)
	h.chunks, h.size = append(h.chunks[:0], last), cap(last)
}
