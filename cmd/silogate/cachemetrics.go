package main

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/silogate/silogate/catalog"
	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/connectors/diskcache"
)

// cacheMetrics reads the counts of all caches when metrics are asked for.
type cacheMetrics struct {
	catalog *catalog.Catalog
	disk    *diskcache.Cache
}

func cacheMetric(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(name, help, labels, nil)
}

// The metrics. Hits and misses are a source's; its caches in memory are its own, that on disk is shared.
var (
	cacheHits     = cacheMetric("silogate_cache_hits_total", "What was found in caches.", "source", "tier", "kind")
	cacheMisses   = cacheMetric("silogate_cache_misses_total", "What was looked for in caches in vain.", "source", "tier", "kind")
	cacheHitBytes = cacheMetric("silogate_cache_hit_bytes_total", "Bytes that were found in caches.", "source", "tier", "kind")
	cacheEvicted  = cacheMetric("silogate_cache_evictions_total", "Entries of caches in memory that made room for others.", "source", "kind")
	cacheHeld     = cacheMetric("silogate_cache_bytes", "Bytes that caches in memory hold.", "source", "kind")
	diskHeld      = cacheMetric("silogate_disk_cache_bytes", "Bytes that the disk cache holds.", "kind")
	diskEntries   = cacheMetric("silogate_disk_cache_entries_total", "Entries of the disk cache by what became of them.", "kind", "outcome")
	diskOff       = cacheMetric("silogate_disk_cache_off", "1 if the disk cache is off, for an error of the disk or because that was configured.")
)

// Describe implements prometheus.Collector.
func (cacheMetrics) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{cacheHits, cacheMisses, cacheHitBytes, cacheEvicted, cacheHeld, diskHeld, diskEntries, diskOff} {
		out <- d
	}
}

// Collect implements prometheus.Collector.
func (m cacheMetrics) Collect(out chan<- prometheus.Metric) {
	send := func(d *prometheus.Desc, t prometheus.ValueType, n int64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, t, float64(n), labels...)
	}
	for source, uses := range m.catalog.Caches() {
		for _, u := range uses {
			send(cacheHits, prometheus.CounterValue, u.Hits, source, string(u.Tier), u.Kind)
			send(cacheMisses, prometheus.CounterValue, u.Misses, source, string(u.Tier), u.Kind)
			send(cacheHitBytes, prometheus.CounterValue, u.Bytes, source, string(u.Tier), u.Kind)
			if u.Tier == connectors.Memory {
				send(cacheEvicted, prometheus.CounterValue, u.Evicted, source, u.Kind)
				send(cacheHeld, prometheus.GaugeValue, u.Held, source, u.Kind)
			}
		}
	}
	for _, k := range diskcache.Kinds() {
		t := m.disk.Totals(k)
		send(diskHeld, prometheus.GaugeValue, t.Bytes, k.String())
		for outcome, n := range map[string]int64{"admitted": t.Admitted, "refused": t.Refused, "evicted": t.Evicted, "damaged": t.Damaged} {
			send(diskEntries, prometheus.CounterValue, n, k.String(), outcome)
		}
	}
	off := int64(0)
	if m.disk.Off() {
		off = 1
	}
	send(diskOff, prometheus.GaugeValue, off)
}
