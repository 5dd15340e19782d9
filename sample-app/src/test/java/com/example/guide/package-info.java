/** What the first pages of the guide show. */
@NullMarked
package com.example.guide;

import org.jspecify.annotations.NullMarked;
