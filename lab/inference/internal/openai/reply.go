// SPDX-FileCopyrightText: The ailab.conformance authors
// SPDX-License-Identifier: GPL-3.0-or-later

package openai

import (
	"fmt"
	"math"
	"strings"

	"ailab.conformance/inference/internal/mark"
)

// usage is how many tokens a request took.
type usage struct {
	Prompt     int `json:"prompt_tokens"`
	Completion int `json:"completion_tokens"`
	Total      int `json:"total_tokens"`
}

func used(prompt, completion int) *usage {
	return &usage{Prompt: prompt, Completion: completion, Total: prompt + completion}
}

// choice is the one answer, or a piece of it.
type choice struct {
	Index   int     `json:"index"`
	Message *speech `json:"message,omitempty"`
	Delta   *speech `json:"delta,omitempty"`
	Text    *string `json:"text,omitempty"`
	Finish  *string `json:"finish_reason"`
}

// speech is a message of the assistant, or a piece of one.
type speech struct {
	Role    string `json:"role,omitempty"`
	Content string `json:"content"`
}

// completion is an answer, or one event of a streamed one.
type completion struct {
	ID          string   `json:"id"`
	Object      string   `json:"object"`
	Created     int64    `json:"created"`
	Model       string   `json:"model"`
	Fingerprint string   `json:"system_fingerprint"`
	Choices     []choice `json:"choices"`
	Usage       *usage   `json:"usage,omitempty"`
}

// form is one of the two kinds of completions: their names, where the prompt is, and how a piece of text is wrapped.
type form struct {
	prefix        string
	object, event string
	limit         int
	prompt        func(body) (string, *refusal)
	wrap          func(text string, whole bool) choice
}

// A chat has no limit of its own; the limit of the other kind is the API's default.
var (
	chat = form{
		prefix: "chatcmpl-", object: "chat.completion", event: "chat.completion.chunk",
		limit: math.MaxInt, prompt: chatPrompt, wrap: wrapSpeech,
	}
	text = form{
		prefix: "cmpl-", object: "text_completion", event: "text_completion",
		limit: 16, prompt: textPrompt, wrap: func(text string, _ bool) choice { return choice{Text: &text} },
	}
)

func wrapSpeech(text string, whole bool) choice {
	if whole {
		return choice{Message: &speech{Role: "assistant", Content: text}}
	}
	return choice{Delta: &speech{Content: text}}
}

// Tokens are the words of a text, each with the space before it: what the stub counts, streams and reports as usage.
func Tokens(text string) []string {
	words := strings.Fields(text)
	for index := range words {
		if index > 0 {
			words[index] = " " + words[index]
		}
	}
	return words
}

// answer is what the stub says to everything.
func answer(model, backend string) []string {
	return Tokens(fmt.Sprintf("%s: no model has read this. A stub answers for %s, its name is %s. It counts words as tokens.", mark.Word, model, backend))
}
