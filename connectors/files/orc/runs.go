package orc

// runs remembers where the last runs of a stream began. The index names a value by a run and the number of values from there on,
// which may go beyond it: writers split what they had thought to be one. Where values are so few that row groups far apart
// share a run, it names one that was read already, whose bytes are gone.
type runs struct {
	count  int64 // values that were taken since the first run that is known
	begins []runBegin
}

type runBegin struct {
	at    place
	first int64 // value of the run
}

// rememberedRuns is more than the runs that as many values make as writers hold before they write one: 512, of at least 3 in a run.
const rememberedRuns = 256

// begin notes the run that begins at a place.
func (r *runs) begin(at place) {
	if len(r.begins) == 2*rememberedRuns {
		n := copy(r.begins, r.begins[rememberedRuns:])
		r.begins = r.begins[:n]
	}
	r.begins = append(r.begins, runBegin{at, r.count})
}

// ahead returns how many values ahead the one is that so many come before from the start of a run on; false: the run is not known. It is
// negative for values that were taken.
func (r *runs) ahead(of place, passed int64) (int64, bool) {
	for i := len(r.begins) - 1; i >= 0; i-- {
		if b := r.begins[i]; b.at == of {
			return b.first + passed - r.count, true
		}
	}
	return 0, false
}

// forget is for a seek.
func (r *runs) forget() { r.count, r.begins = 0, r.begins[:0] }

// mostPassed is the most values that an index may have passed over from the start of a run on.
const mostPassed = 1 << 16
