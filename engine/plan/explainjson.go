package plan

import (
	"bytes"
	"encoding/json"
	"math"
	"time"
)

// ExplainVersion is that of the JSON of EXPLAIN FORMAT=JSON. It grows when a field, an operator or a property changes its
// name or meaning or is no longer there; new ones may come at any time.
const ExplainVersion = 1

// EncodeJSON renders a value as EXPLAIN FORMAT=JSON shows it: indented, and with <, > and & as they are.
func EncodeJSON(v any) (string, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return "", err
	}
	return string(bytes.TrimSuffix(b.Bytes(), []byte("\n"))), nil
}

// Milliseconds is a time as the JSON has it, with three digits after the point.
func Milliseconds(d time.Duration) float64 {
	return float64(d.Round(time.Microsecond)) / float64(time.Millisecond)
}

// The JSON of a Description. docs/explain.md says what each field means.
type (
	nodeJSON struct {
		Operator   string         `json:"operator"`
		Operation  string         `json:"operation"`
		Role       string         `json:"role,omitempty"`
		Properties map[string]any `json:"properties"`
		Columns    []columnJSON   `json:"columns"`
		Estimated  *estimateJSON  `json:"estimated,omitempty"`
		Actual     *actualJSON    `json:"actual,omitempty"`
		Inputs     []*nodeJSON    `json:"inputs"`
	}
	columnJSON struct {
		Column   string `json:"column"`
		Type     string `json:"type"`
		Nullable bool   `json:"nullable"`
	}
	estimateJSON struct {
		Rows     json.Number `json:"rows"`
		Bytes    json.Number `json:"bytes,omitempty"`
		Learnt   bool        `json:"learnt,omitempty"`
		Analyzed bool        `json:"analyzed,omitempty"`
	}
	pushedJSON struct {
		What  string `json:"what"`
		Label Label  `json:"label"`
	}
	keptJSON struct {
		Kept
		Label Label `json:"label"`
	}
	actualJSON struct {
		Rows        int64             `json:"rows"`
		QError      *float64          `json:"q_error,omitempty"`
		Batches     int64             `json:"batches"`
		TimeMS      float64           `json:"time_ms"`
		MemoryBytes int64             `json:"memory_bytes"`
		SpillBytes  int64             `json:"spill_bytes"`
		Remote      *actualRemoteJSON `json:"remote,omitempty"`
	}
	actualRemoteJSON struct {
		Bytes          int64   `json:"bytes"`
		Requests       int64   `json:"requests"`
		CachedBytes    int64   `json:"cached_bytes,omitempty"`
		DiskBytes      int64   `json:"cached_on_disk_bytes,omitempty"`
		TimeMS         float64 `json:"time_ms"`
		Splits         int64   `json:"splits"`
		NarrowedSplits int64   `json:"narrowed_splits"`
	}
)

// MarshalJSON implements json.Marshaler.
func (d *Description) MarshalJSON() ([]byte, error) {
	text, err := EncodeJSON(d.nodeJSON())
	return []byte(text), err
}

func (d *Description) nodeJSON() *nodeJSON {
	n := &nodeJSON{
		Operator: d.Operator, Operation: d.Operation, Role: d.Role, Properties: d.Properties,
		Columns: make([]columnJSON, len(d.Columns)), Inputs: make([]*nodeJSON, len(d.Inputs)),
	}
	for i, c := range d.Columns {
		n.Columns[i] = columnJSON{c.Ref().String(), c.Type.String(), c.Nullable}
	}
	for i, in := range d.Inputs {
		n.Inputs[i] = in.nodeJSON()
	}
	if d.Estimate != nil && known(d.Estimate.Rows) {
		n.Estimated = &estimateJSON{
			Rows: json.Number(formatEstimate(d.Estimate.Rows)), Learnt: d.Origin == Learnt, Analyzed: d.Origin == Analyzed,
		}
		if known(d.Estimate.Bytes) {
			n.Estimated.Bytes = json.Number(formatEstimate(d.Estimate.Bytes))
		}
	}
	if d.Actual != nil {
		n.Actual = d.actualJSON()
	}
	return n
}

func (d *Description) actualJSON() *actualJSON {
	a := d.Actual
	out := &actualJSON{
		Rows: a.Rows, Batches: a.Batches, TimeMS: Milliseconds(a.Time), MemoryBytes: a.Memory, SpillBytes: a.Spill,
	}
	if d.Estimate != nil && known(d.Estimate.Rows) {
		q := qError(d.Estimate.Rows, float64(a.Rows))
		out.QError = &q
	}
	if r := a.Remote; r != nil {
		out.Remote = &actualRemoteJSON{r.Bytes, r.Requests, r.Cached, r.OnDisk, Milliseconds(r.Time), r.Splits, r.Narrowed}
	}
	return out
}

// qError is how many times too many or too few rows were expected, of at least one row each.
func qError(estimated, actual float64) float64 {
	estimated, actual = max(estimated, 1), max(actual, 1)
	return math.Round(max(estimated/actual, actual/estimated)*100) / 100
}
