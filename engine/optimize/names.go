package optimize

import "slices"

// RuleNames returns the names of the rules that Config.Disabled may hold, in the order of their first run.
func RuleNames() []string {
	var names []string
	for _, r := range rules() {
		if !r.required && !slices.Contains(names, r.name) {
			names = append(names, r.name)
		}
	}
	return names
}
