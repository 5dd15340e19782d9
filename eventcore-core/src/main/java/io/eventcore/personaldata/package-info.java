/**
 * Personal data that can be erased although events never change: the keys of subjects, and the data sealed with them.
 *
 * <p>Begin with {@link io.eventcore.PersonalData} and {@link io.eventcore.personaldata.PersonalDataProtection}.
 */
@NullMarked
package io.eventcore.personaldata;

import org.jspecify.annotations.NullMarked;
