# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The API server, and nothing else: requests, watches and exec. PRIVATE to the collection: it can change at any time.

The only package that imports the Kubernetes client library, in ``transport``. It deals in JSON as the API server sends it and knows no
kind of object by name.
"""
