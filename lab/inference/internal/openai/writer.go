// SPDX-FileCopyrightText: The ailab.conformance authors
// SPDX-License-Identifier: GPL-3.0-or-later

package openai

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// writer sends an answer: at the end, or token by token as server-sent events (WHATWG HTML, server-sent events; OpenAI API, streaming).
type writer struct {
	response http.ResponseWriter
	form     form
	order    order
	prompt   int
	head     completion
	said     strings.Builder
	tokens   int
}

// token takes the next token. The error says that the client went away.
func (w *writer) token(token string) error {
	w.said.WriteString(token)
	w.tokens++
	if !w.order.stream {
		return nil
	}
	piece := w.form.wrap(token, false)
	if w.tokens == 1 && piece.Delta != nil {
		piece.Delta.Role = "assistant"
	}
	return w.event(piece)
}

// end sends what is left to send; reason is why there are no more tokens.
func (w *writer) end(reason string) error {
	if !w.order.stream {
		whole := w.form.wrap(w.said.String(), true)
		whole.Finish = &reason
		reply := w.head
		reply.Object, reply.Choices, reply.Usage = w.form.object, []choice{whole}, used(w.prompt, w.tokens)
		write(w.response, http.StatusOK, reply)
		return nil
	}
	last := w.form.wrap("", false)
	last.Finish = &reason
	if err := w.event(last); err != nil {
		return err
	}
	if w.order.usage {
		counted := w.head
		counted.Object, counted.Choices, counted.Usage = w.form.event, []choice{}, used(w.prompt, w.tokens)
		if err := w.send(counted); err != nil {
			return err
		}
	}
	return w.line("[DONE]")
}

func (w *writer) event(piece choice) error {
	reply := w.head
	reply.Object, reply.Choices = w.form.event, []choice{piece}
	return w.send(reply)
}

func (w *writer) send(reply completion) error {
	data, err := json.Marshal(reply)
	if err != nil {
		return err
	}
	return w.line(string(data))
}

// line sends one event at once: a proxy that holds it back is what checks of streaming look for.
func (w *writer) line(data string) error {
	w.response.Header().Set("Content-Type", "text/event-stream")
	w.response.Header().Set("Cache-Control", "no-cache")
	if _, err := fmt.Fprintf(w.response, "data: %s\n\n", data); err != nil {
		return err
	}
	return http.NewResponseController(w.response).Flush()
}
