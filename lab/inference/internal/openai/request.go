// SPDX-FileCopyrightText: The ailab.conformance authors
// SPDX-License-Identifier: GPL-3.0-or-later

package openai

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
)

const bodyLimit = 4 << 20

// body is what the two kinds of completion requests have in common, and what is their own. Other fields of the API are let through
// and have no effect.
type body struct {
	Model         string          `json:"model"`
	Messages      []message       `json:"messages"`
	Prompt        json.RawMessage `json:"prompt"`
	MaxTokens     *int            `json:"max_tokens"`
	MaxCompletion *int            `json:"max_completion_tokens"`
	Number        *int            `json:"n"`
	Stream        bool            `json:"stream"`
	StreamOptions struct {
		IncludeUsage bool `json:"include_usage"`
	} `json:"stream_options"`
}

// message is one of a chat; its content is a text, or a list of parts of which some are texts.
type message struct {
	Role    string  `json:"role"`
	Content content `json:"content"`
}

type content string

func (c *content) UnmarshalJSON(data []byte) error {
	var parts []struct {
		Text string `json:"text"`
	}
	if json.Unmarshal(data, (*string)(c)) == nil {
		return nil
	}
	if err := json.Unmarshal(data, &parts); err != nil {
		return fmt.Errorf("messages.content: expected a text, or a list of objects with a text")
	}
	for _, part := range parts {
		*c += content(part.Text + "\n")
	}
	return nil
}

// order is a completion request that was understood.
type order struct {
	prompt string
	limit  int
	stream bool
	usage  bool
}

// refusal is why a request gets no completion.
type refusal struct {
	status  int
	kind    string
	param   string
	message string
}

func invalid(param, format string, values ...any) *refusal {
	return &refusal{http.StatusBadRequest, "BadRequestError", param, fmt.Sprintf(format, values...)}
}

// read understands a request for a kind of completion, or says why not.
func (s *Server) read(r *http.Request, as form) (order, *refusal) {
	var asked body
	if err := json.NewDecoder(io.LimitReader(r.Body, bodyLimit)).Decode(&asked); err != nil {
		return order{}, invalid("", "the body is no JSON of a completion request: %v", err)
	}
	if asked.Model == "" {
		return order{}, invalid("model", "model: found none, expected %q", s.Model)
	}
	if asked.Model != s.Model {
		return order{}, &refusal{http.StatusNotFound, "NotFoundError", "model", fmt.Sprintf("The model `%s` does not exist.", asked.Model)}
	}
	if asked.Number != nil && *asked.Number != 1 {
		return order{}, invalid("n", "n: found %d, expected 1: the stub gives one answer", *asked.Number)
	}
	prompt, refused := as.prompt(asked)
	if refused != nil {
		return order{}, refused
	}
	limit := as.limit
	for _, given := range []*int{asked.MaxTokens, asked.MaxCompletion} {
		if given != nil {
			limit = *given
		}
	}
	if limit < 1 {
		return order{}, invalid("max_tokens", "max_tokens: found %d, expected at least 1", limit)
	}
	return order{prompt: prompt, limit: limit, stream: asked.Stream, usage: asked.StreamOptions.IncludeUsage}, nil
}

func chatPrompt(asked body) (string, *refusal) {
	if len(asked.Messages) == 0 {
		return "", invalid("messages", "messages: found none, expected at least one")
	}
	texts := make([]string, len(asked.Messages))
	for index, each := range asked.Messages {
		texts[index] = string(each.Content)
	}
	return strings.Join(texts, "\n"), nil
}

func textPrompt(asked body) (string, *refusal) {
	var prompt string
	if json.Unmarshal(asked.Prompt, &prompt) != nil {
		return "", invalid("prompt", "prompt: expected a text: the stub takes no lists and no tokens")
	}
	return prompt, nil
}
