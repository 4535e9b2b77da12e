package connectors

// Cacher is a Connector that keeps what it read of its source.
type Cacher interface {
	// Caches says what its caches were worth since it was opened.
	Caches() []CacheUse
}

// CacheTier is where a cache lies.
type CacheTier string

// The tiers.
const (
	Memory CacheTier = "memory"
	Disk   CacheTier = "disk"
)

// CacheUse is what a cache was worth.
type CacheUse struct {
	Tier         CacheTier
	Kind         string // of what it keeps: chunk, footer or listing
	Hits, Misses int64
	Bytes        int64 // that hits found
	Evicted      int64 // entries, of a cache in memory
	Held         int64 // bytes now, of a cache in memory
}
