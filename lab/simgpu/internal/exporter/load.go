// SPDX-FileCopyrightText: The ailab.conformance authors
// SPDX-License-Identifier: GPL-3.0-or-later

package exporter

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"ailab.conformance/simgpu/internal/cgroup"
	"ailab.conformance/simgpu/internal/holders"
)

// container is the key of a container on a node.
type container struct {
	namespace, pod, name string
}

// measured is what a container used at one moment.
type measured struct {
	group string // path of its cgroup
	at    time.Time
	use   cgroup.Use
	busy  float64 // CPUs in use since the measurement before
}

// share is the part of its CPUs that the container uses, 0 to 1: all of its limit, or one CPU where it has no limit.
func (m measured) share() float64 {
	whole := m.use.Limit
	if whole == 0 {
		whole = 1
	}
	return min(1, m.busy/whole)
}

// loads measures containers, again and again. A container is looked up in the API when it is first seen and when its cgroup is another one.
type loads struct {
	client kubernetes.Interface
	tree   cgroup.Tree
	known  map[container]measured
}

// measure returns what the holders use now. A container that does not run (yet, or any more) uses nothing.
func (l *loads) measure(ctx context.Context, held map[string][]holders.Holder, now time.Time) (map[container]measured, error) {
	next := map[container]measured{}
	for _, list := range held {
		for _, holder := range list {
			key := container{holder.Namespace, holder.Pod, holder.Container}
			if _, done := next[key]; done {
				continue
			}
			found, err := l.one(ctx, key, now)
			if err != nil {
				return nil, err
			}
			next[key] = found
		}
	}
	l.known = next
	return next, nil
}

func (l *loads) one(ctx context.Context, key container, now time.Time) (measured, error) {
	before := l.known[key]
	if before.group != "" {
		use, err := l.tree.Read(before.group)
		if err == nil {
			found := measured{group: before.group, at: now, use: use}
			if passed := now.Sub(before.at); passed > 0 {
				found.busy = max(0, (use.CPU-before.use.CPU).Seconds()/passed.Seconds())
			}
			return found, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return measured{}, fmt.Errorf("cgroup of container %s of pod %s/%s: %w", key.name, key.namespace, key.pod, err)
		}
	}
	group, err := l.find(ctx, key)
	if err != nil || group == "" {
		return measured{}, err
	}
	use, err := l.tree.Read(group)
	if errors.Is(err, fs.ErrNotExist) { // it has ended since the kubelet told of it
		return measured{}, nil
	}
	if err != nil {
		return measured{}, fmt.Errorf("cgroup of container %s of pod %s/%s: %w", key.name, key.namespace, key.pod, err)
	}
	return measured{group: group, at: now, use: use}, nil
}

// find returns the path of a container's cgroup, "" while it has none.
func (l *loads) find(ctx context.Context, key container) (string, error) {
	pod, err := l.client.CoreV1().Pods(key.namespace).Get(ctx, key.pod, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("read pod %s/%s: %w", key.namespace, key.pod, err)
	}
	for _, statuses := range [][]corev1.ContainerStatus{pod.Status.ContainerStatuses, pod.Status.InitContainerStatuses} {
		for _, status := range statuses {
			if status.Name == key.name && status.State.Running != nil {
				_, id, _ := strings.Cut(status.ContainerID, "://")
				return cgroup.Of(string(pod.Status.QOSClass), string(pod.UID), id), nil
			}
		}
	}
	return "", nil
}
