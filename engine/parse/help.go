package parse

// Help is HELP 'topic'.
type Help struct{ Topic string }

func (*Help) sealed() {}

func (r *reader) help() Stmt {
	const wanted = "a topic in quotes"
	if t := r.peek(); t.isNumber() {
		r.fail(t, wanted)
	}
	return &Help{Topic: r.ident(wanted)}
}
