// SPDX-FileCopyrightText: The ailab.conformance authors
// SPDX-License-Identifier: GPL-3.0-or-later

// Package mark holds the names by which everything simulated is told from hardware.
//
// Every API object, every CDI spec and every published device that this program makes carries one of them, so that no
// measurement on a simulated device can be taken for one on a real device.
package mark

const (
	// Label is the key of the label (API objects) and annotation (CDI specs) that says "simulated".
	Label = "ailab.conformance/simulated"
	// Value is the only value that Label takes.
	Value = "true"
	// Attribute is the boolean DRA device attribute that says "simulated". It has no domain of its own, so the API
	// qualifies it with the driver's name (resource.k8s.io/v1, QualifiedName).
	Attribute = "simulated"
	// Word occurs in every line of output that a person may read.
	Word = "SIMULATED"
)

// Set returns the mark as a new map, for the metadata of an object.
func Set() map[string]string {
	return map[string]string{Label: Value}
}

// Add sets the mark in labels and returns them; labels may be nil.
func Add(labels map[string]string) map[string]string {
	if labels == nil {
		return Set()
	}
	labels[Label] = Value
	return labels
}
