define void @run(ptr %table, i64 %steps, i64 %rank, ptr %meeting) #0 {
entry:
  %p1 = getelementptr ptr, ptr %table, i64 0
  %status = load ptr, ptr %p1, align 8
  %p2 = getelementptr ptr, ptr %table, i64 1
  %order = load ptr, ptr %p2, align 8
  %p3 = getelementptr ptr, ptr %table, i64 2
  %bounds = load ptr, ptr %p3, align 8
  %p4 = getelementptr ptr, ptr %table, i64 3
  %record = load ptr, ptr %p4, align 8
  %p5 = getelementptr i64, ptr %status, i64 1
  %capacity = load i64, ptr %p5, align 8
  %p6 = getelementptr ptr, ptr %table, i64 4
  %"data/logits" = load ptr, ptr %p6, align 8
  %p7 = getelementptr ptr, ptr %table, i64 5
  %"data/y" = load ptr, ptr %p7, align 8
  %p8 = getelementptr ptr, ptr %table, i64 6
  %"rows/loss" = load ptr, ptr %p8, align 8
  %p9 = getelementptr ptr, ptr %table, i64 7
  %"rows/delta" = load ptr, ptr %p9, align 8
  %p10 = getelementptr i64, ptr %bounds, i64 0
  %v13 = load i64, ptr %p10, align 8
  %p11 = getelementptr ptr, ptr %table, i64 8
  %const.0 = load ptr, ptr %p11, align 8
  %p12 = getelementptr ptr, ptr %table, i64 9
  %"scratch/logits" = load ptr, ptr %p12, align 8
  %p13 = getelementptr ptr, ptr %table, i64 10
  %"scratch/y" = load ptr, ptr %p13, align 8
  %p14 = getelementptr ptr, ptr %table, i64 11
  %cast.0 = load ptr, ptr %p14, align 8
  %p15 = getelementptr ptr, ptr %table, i64 12
  %mul.1 = load ptr, ptr %p15, align 8
  %p16 = getelementptr ptr, ptr %table, i64 13
  %reduce_max.0 = load ptr, ptr %p16, align 8
  %p17 = getelementptr ptr, ptr %table, i64 14
  %sub.0 = load ptr, ptr %p17, align 8
  %p18 = getelementptr ptr, ptr %table, i64 15
  %exp.0 = load ptr, ptr %p18, align 8
  %p19 = getelementptr ptr, ptr %table, i64 16
  %log.0 = load ptr, ptr %p19, align 8
  %p20 = getelementptr ptr, ptr %table, i64 17
  %div.0 = load ptr, ptr %p20, align 8
  %p21 = getelementptr ptr, ptr %table, i64 18
  %sub.1 = load ptr, ptr %p21, align 8
  %p22 = getelementptr ptr, ptr %table, i64 19
  %add.0 = load ptr, ptr %p22, align 8
  %anyturn1 = icmp slt i64 0, %steps
  br i1 %anyturn1, label %turn1, label %after2

turn1:
  %v26 = phi i64 [ 0, %entry ], [ %nextturn1, %after13 ]
  %p23 = getelementptr i64, ptr %bounds, i64 %v26
  %v27 = load i64, ptr %p23, align 8
  %v28 = add i64 %v26, 1
  %p24 = getelementptr i64, ptr %bounds, i64 %v28
  %v29 = load i64, ptr %p24, align 8
  %rows = sub i64 %v29, %v27
  %anyturn3 = icmp slt i64 0, %rows
  br i1 %anyturn3, label %turn3, label %after4

turn3:
  %v31 = phi i64 [ 0, %turn1 ], [ %nextturn3, %turn3 ]
  %v32 = add i64 %v27, %v31
  %p25 = getelementptr i64, ptr %order, i64 %v32
  %v33 = load i64, ptr %p25, align 8
  %v34 = mul i64 %v33, 8
  %p26 = getelementptr float, ptr %"data/logits", i64 %v34
  %v35 = load <8 x float>, ptr %p26, align 4
  %v36 = mul i64 %capacity, 8
  %v37 = mul i64 %v31, 8
  %p27 = getelementptr float, ptr %"scratch/logits", i64 %v37
  store <8 x float> %v35, ptr %p27, align 4
  %nextturn3 = add i64 %v31, 1
  %moreturn3 = icmp slt i64 %nextturn3, %rows
  br i1 %moreturn3, label %turn3, label %after4

after4:
  %anyturn5 = icmp slt i64 0, %rows
  br i1 %anyturn5, label %turn5, label %after6

turn5:
  %v38 = phi i64 [ 0, %after4 ], [ %nextturn5, %turn5 ]
  %v39 = add i64 %v27, %v38
  %p28 = getelementptr i64, ptr %order, i64 %v39
  %v40 = load i64, ptr %p28, align 8
  %p29 = getelementptr i32, ptr %"data/y", i64 %v40
  %v41 = load i32, ptr %p29, align 4
  %p30 = getelementptr i32, ptr %"scratch/y", i64 %v38
  store i32 %v41, ptr %p30, align 4
  %nextturn5 = add i64 %v38, 1
  %moreturn5 = icmp slt i64 %nextturn5, %rows
  br i1 %moreturn5, label %turn5, label %after6

after6:
  %p31 = getelementptr i8, ptr %record, i64 %v26
  %v42 = load i8, ptr %p31, align 1
  %v43 = icmp ne i8 %v42, 0
  %anyturn7 = icmp slt i64 0, %rows
  br i1 %anyturn7, label %turn7, label %after8

turn7:
  %v44 = phi i64 [ 0, %after6 ], [ %nextturn7, %turn7 ]
  %p32 = getelementptr i32, ptr %"scratch/y", i64 %v44
  %v45 = load i32, ptr %p32, align 4
  %s33 = insertelement <8 x i32> poison, i32 %v45, i64 0
  %v46 = shufflevector <8 x i32> %s33, <8 x i32> poison, <8 x i32> zeroinitializer
  %p34 = getelementptr i32, ptr %const.0, i64 0
  %v47 = load <8 x i32>, ptr %p34, align 4
  %v48 = icmp eq <8 x i32> %v46, %v47
  %v49 = uitofp <8 x i1> %v48 to <8 x float>
  %v50 = mul i64 %capacity, 8
  %v51 = mul i64 %v44, 8
  %p35 = getelementptr float, ptr %cast.0, i64 %v51
  store <8 x float> %v49, ptr %p35, align 4
  %v52 = fmul <8 x float> splat (float 0xBFF0000000000000), %v49
  %p36 = getelementptr float, ptr %mul.1, i64 %v51
  store <8 x float> %v52, ptr %p36, align 4
  %p37 = getelementptr float, ptr %"scratch/logits", i64 %v51
  %v53 = load <8 x float>, ptr %p37, align 4
  %v54 = fcmp uno <8 x float> %v53, %v53
  %v55 = call i1 @llvm.vector.reduce.or.v8i1(<8 x i1> %v54)
  %v56 = shufflevector <8 x float> %v53, <8 x float> %v53, <4 x i32> <i32 0, i32 1, i32 2, i32 3>
  %v57 = shufflevector <8 x float> %v53, <8 x float> %v53, <4 x i32> <i32 4, i32 5, i32 6, i32 7>
  %v58 = fcmp ogt <4 x float> %v56, %v57
  %v59 = select <4 x i1> %v58, <4 x float> %v56, <4 x float> %v57
  %v60 = shufflevector <4 x float> %v59, <4 x float> %v59, <2 x i32> <i32 0, i32 1>
  %v61 = shufflevector <4 x float> %v59, <4 x float> %v59, <2 x i32> <i32 2, i32 3>
  %v62 = fcmp ogt <2 x float> %v60, %v61
  %v63 = select <2 x i1> %v62, <2 x float> %v60, <2 x float> %v61
  %v64 = extractelement <2 x float> %v63, i64 0
  %v65 = extractelement <2 x float> %v63, i64 1
  %v66 = fcmp ogt float %v64, %v65
  %v67 = select i1 %v66, float %v64, float %v65
  %v68 = select i1 %v55, float 0x7FF8000000000000, float %v67
  %p38 = getelementptr float, ptr %reduce_max.0, i64 %v44
  store float %v68, ptr %p38, align 4
  %p39 = getelementptr float, ptr %"scratch/logits", i64 %v51
  %v69 = load <8 x float>, ptr %p39, align 4
  %s40 = insertelement <8 x float> poison, float %v68, i64 0
  %v70 = shufflevector <8 x float> %s40, <8 x float> poison, <8 x i32> zeroinitializer
  %v71 = fsub <8 x float> %v69, %v70
  %p41 = getelementptr float, ptr %sub.0, i64 %v51
  store <8 x float> %v71, ptr %p41, align 4
  %v72 = fcmp ogt <8 x float> %v71, splat (float 0x4056400000000000)
  %v73 = select <8 x i1> %v72, <8 x float> splat (float 0x4056400000000000), <8 x float> %v71
  %v74 = fcmp olt <8 x float> %v73, splat (float 0xC05A000000000000)
  %v75 = select <8 x i1> %v74, <8 x float> splat (float 0xC05A000000000000), <8 x float> %v73
  %v76 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v75, <8 x float> splat (float 0x3FF7154760000000), <8 x float> splat (float 0x4168000000000000))
  %v77 = bitcast <8 x float> %v76 to <8 x i32>
  %v78 = sub <8 x i32> %v77, splat (i32 1262485250)
  %v79 = fsub <8 x float> %v76, splat (float 0x4168000000000000)
  %v80 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v79, <8 x float> splat (float 0xBFE62E4300000000), <8 x float> %v75)
  %v81 = fmul <8 x float> %v79, splat (float 0x3E205C6100000000)
  %v82 = fadd <8 x float> %v80, %v81
  %v83 = fmul <8 x float> %v82, %v82
  %v84 = call <8 x float> @llvm.fma.v8f32(<8 x float> splat (float 0x3F56BEB9E0000000), <8 x float> %v82, <8 x float> splat (float 0x3F8122C320000000))
  %v85 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v84, <8 x float> %v82, <8 x float> splat (float 0x3FA5556DA0000000))
  %v86 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v85, <8 x float> %v82, <8 x float> splat (float 0x3FC5554AA0000000))
  %v87 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v86, <8 x float> %v82, <8 x float> splat (float 0x3FDFFFFFE0000000))
  %v88 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v83, <8 x float> %v87, <8 x float> %v81)
  %v89 = fadd <8 x float> %v80, %v88
  %v90 = lshr <8 x i32> %v78, splat (i32 1)
  %v91 = fadd <8 x float> %v89, splat (float 0x3FF0000000000000)
  %v92 = shl <8 x i32> %v90, splat (i32 23)
  %v93 = bitcast <8 x i32> %v92 to <8 x float>
  %v94 = fmul <8 x float> %v91, %v93
  %v95 = sub <8 x i32> %v78, %v90
  %v96 = shl <8 x i32> %v95, splat (i32 23)
  %v97 = bitcast <8 x i32> %v96 to <8 x float>
  %v98 = fmul <8 x float> %v94, %v97
  %p42 = getelementptr float, ptr %exp.0, i64 %v51
  store <8 x float> %v98, ptr %p42, align 4
  %v99 = shufflevector <8 x float> %v98, <8 x float> %v98, <4 x i32> <i32 0, i32 1, i32 2, i32 3>
  %v100 = shufflevector <8 x float> %v98, <8 x float> %v98, <4 x i32> <i32 4, i32 5, i32 6, i32 7>
  %v101 = fadd <4 x float> %v99, %v100
  %v102 = shufflevector <4 x float> %v101, <4 x float> %v101, <2 x i32> <i32 0, i32 1>
  %v103 = shufflevector <4 x float> %v101, <4 x float> %v101, <2 x i32> <i32 2, i32 3>
  %v104 = fadd <2 x float> %v102, %v103
  %v105 = extractelement <2 x float> %v104, i64 0
  %v106 = extractelement <2 x float> %v104, i64 1
  %v107 = fadd float %v105, %v106
  %v108 = fcmp olt float %v107, 0x3810000000000000
  %v109 = fmul float %v107, 0x4180000000000000
  %v110 = select i1 %v108, float %v109, float %v107
  %v111 = bitcast float %v110 to i32
  %v112 = sub i32 %v111, -4913933
  %v113 = lshr i32 %v112, 23
  %v114 = sub i32 %v113, 127
  %v115 = shl i32 %v114, 23
  %v116 = sub i32 %v111, %v115
  %v117 = bitcast i32 %v116 to float
  %v118 = select i1 %v108, i32 25, i32 0
  %v119 = sub i32 %v114, %v118
  %v120 = fadd float %v117, 0xBFF0000000000000
  %v121 = add i32 %v119, 1262485504
  %v122 = bitcast i32 %v121 to float
  %v123 = fsub float %v122, 0x4168000000000000
  %v124 = fadd float %v120, 0x4000000000000000
  %v125 = fdiv float %v120, %v124
  %v126 = fmul float %v125, %v125
  %v127 = call float @llvm.fma.f32(float 0x3FD1ECA060000000, float %v126, float 0x3FD1EC0420000000)
  %v128 = call float @llvm.fma.f32(float %v127, float %v126, float 0x3FD99D1CC0000000)
  %v129 = call float @llvm.fma.f32(float %v128, float %v126, float 0x3FE5555020000000)
  %v130 = fmul float %v126, %v129
  %v131 = fmul float %v120, %v120
  %v132 = fmul float %v131, 0x3FE0000000000000
  %v133 = fadd float %v132, %v130
  %v134 = fmul float %v125, %v133
  %v135 = call float @llvm.fma.f32(float %v123, float 0xBE205C6100000000, float %v134)
  %v136 = fsub float %v132, %v135
  %v137 = fsub float %v120, %v136
  %v138 = call float @llvm.fma.f32(float %v123, float 0x3FE62E4300000000, float %v137)
  %v139 = fcmp oeq float %v107, 0x7FF0000000000000
  %v140 = select i1 %v139, float 0x7FF0000000000000, float %v138
  %v141 = fcmp oeq float %v107, 0x0000000000000000
  %v142 = select i1 %v141, float 0xFFF0000000000000, float %v140
  %v143 = fcmp ult float %v107, 0x0000000000000000
  %v144 = select i1 %v143, float 0x7FF8000000000000, float %v142
  %p43 = getelementptr float, ptr %log.0, i64 %v44
  store float %v144, ptr %p43, align 4
  %v145 = fdiv float 0x3FF0000000000000, %v107
  %p44 = getelementptr float, ptr %div.0, i64 %v44
  store float %v145, ptr %p44, align 4
  %v146 = fmul <8 x float> %v49, %v71
  %v147 = shufflevector <8 x float> %v146, <8 x float> %v146, <4 x i32> <i32 0, i32 1, i32 2, i32 3>
  %v148 = shufflevector <8 x float> %v146, <8 x float> %v146, <4 x i32> <i32 4, i32 5, i32 6, i32 7>
  %v149 = fadd <4 x float> %v147, %v148
  %v150 = shufflevector <4 x float> %v149, <4 x float> %v149, <2 x i32> <i32 0, i32 1>
  %v151 = shufflevector <4 x float> %v149, <4 x float> %v149, <2 x i32> <i32 2, i32 3>
  %v152 = fadd <2 x float> %v150, %v151
  %v153 = extractelement <2 x float> %v152, i64 0
  %v154 = extractelement <2 x float> %v152, i64 1
  %v155 = fadd float %v153, %v154
  %v156 = fsub float %v144, %v155
  %p45 = getelementptr float, ptr %sub.1, i64 %v44
  store float %v156, ptr %p45, align 4
  %s46 = insertelement <8 x float> poison, float %v145, i64 0
  %v157 = shufflevector <8 x float> %s46, <8 x float> poison, <8 x i32> zeroinitializer
  %v158 = fmul <8 x float> %v157, %v98
  %v159 = fadd <8 x float> %v52, %v158
  %p47 = getelementptr float, ptr %add.0, i64 %v51
  store <8 x float> %v159, ptr %p47, align 4
  %nextturn7 = add i64 %v44, 1
  %moreturn7 = icmp slt i64 %nextturn7, %rows
  br i1 %moreturn7, label %turn7, label %after8

after8:
  %p48 = getelementptr i64, ptr %status, i64 0
  %v160 = load i64, ptr %p48, align 8
  %v161 = icmp sle i64 %v160, %v26
  br i1 %v161, label %leave, label %after9

after9:
  %v162 = sub i64 %v27, %v13
  %anyturn10 = icmp slt i64 0, %rows
  br i1 %anyturn10, label %turn10, label %after11

turn10:
  %v163 = phi i64 [ 0, %after9 ], [ %nextturn10, %turn10 ]
  %p49 = getelementptr float, ptr %sub.1, i64 %v163
  %v164 = load float, ptr %p49, align 4
  %v165 = add i64 %v162, %v163
  %p50 = getelementptr float, ptr %"rows/loss", i64 %v165
  store float %v164, ptr %p50, align 4
  %nextturn10 = add i64 %v163, 1
  %moreturn10 = icmp slt i64 %nextturn10, %rows
  br i1 %moreturn10, label %turn10, label %after11

after11:
  %v166 = mul i64 %v162, 8
  %anyturn12 = icmp slt i64 0, %rows
  br i1 %anyturn12, label %turn12, label %after13

turn12:
  %v167 = phi i64 [ 0, %after11 ], [ %nextturn12, %turn12 ]
  %v168 = mul i64 %capacity, 8
  %v169 = mul i64 %v167, 8
  %p51 = getelementptr float, ptr %add.0, i64 %v169
  %v170 = load <8 x float>, ptr %p51, align 4
  %v171 = add i64 %v166, %v169
  %p52 = getelementptr float, ptr %"rows/delta", i64 %v171
  store <8 x float> %v170, ptr %p52, align 4
  %nextturn12 = add i64 %v167, 1
  %moreturn12 = icmp slt i64 %nextturn12, %rows
  br i1 %moreturn12, label %turn12, label %after13

after13:
  %nextturn1 = add i64 %v26, 1
  %moreturn1 = icmp slt i64 %nextturn1, %steps
  br i1 %moreturn1, label %turn1, label %after2

after2:
  br label %leave

leave:
  ret void
}
declare i1 @llvm.vector.reduce.or.v8i1(<8 x i1>)
declare <8 x float> @llvm.fma.v8f32(<8 x float>, <8 x float>, <8 x float>)
declare float @llvm.fma.f32(float, float, float)
attributes #0 = { nounwind }
