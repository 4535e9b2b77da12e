package plan

// Outline describes a step that is no node of a plan, such as what go-mysql-server runs, over descriptions of what it reads. Properties that
// docs/explain.md lists have the names that they have there.
func Outline(operator, operation string, properties map[string]any, inputs ...*Description) *Description {
	if properties == nil {
		properties = make(map[string]any)
	}
	return &Description{Operator: operator, Operation: operation, Properties: properties, Inputs: inputs, unmeasured: true}
}
