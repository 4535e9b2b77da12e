package optimize

// rules lists the rules in the order they run. A name may stand twice; disabling it leaves out both runs.
func rules() []rule {
	return []rule{
		{name: "place", apply: place, required: true},
	}
}
