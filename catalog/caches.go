package catalog

import "github.com/silogate/silogate/connectors"

// Caches says what caches were worth, by source: those of its connector, and the listings and descriptions that the catalog keeps.
func (c *Catalog) Caches() map[string][]connectors.CacheUse {
	uses := make(map[string][]connectors.CacheUse)
	for _, s := range c.all() {
		listing := connectors.CacheUse{Tier: connectors.Memory, Kind: "listing"}
		for _, of := range []func() (hits, misses int64){s.namespaces.uses, s.listings.uses, s.tables.uses} {
			hits, misses := of()
			listing.Hits += hits
			listing.Misses += misses
		}
		uses[s.name] = append(uses[s.name], listing)
		if cacher, ok := s.connector.(connectors.Cacher); ok {
			uses[s.name] = append(uses[s.name], cacher.Caches()...)
		}
	}
	return uses
}
